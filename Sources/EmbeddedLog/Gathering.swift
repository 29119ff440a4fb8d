/// Decides whether a commit waits a moment for more clicks to share it.
///
/// A commit costs the same for one click as for thirty. When clicks come steadily but one by one, waiting for less
/// than a thousandth of a second halves what they cost. The wait goes on only while it brings something; where it
/// doesn't (few clicks, or clients that wait for their answers before they send more) it is left for a while.
struct Gathering {
    /// Blocks of so many events are well off: they are not merged later either.
    private static let enough = BlockMerger.manyEvents
    /// Groups of fewer clicks wait longer at a time: else silence would often be chance.
    private static let few = 12
    /// How often it waits in a row at most.
    private static let mostSteps = 5
    /// Clicks that make waiting worth while.
    private static let worthwhile = 8
    private static let longestAbstinence = 1024

    private var steps = 0
    private var step: UInt32 = 0
    private var countBefore = 0
    private var lastCount = 0
    /// How many commits go without waiting; doubled each time that it brought little.
    private var abstinence = 0
    private var lastAbstinence = 1

    /// Asked before each commit, and again after each wait, with the number of clicks that it has.
    ///
    /// - Returns: How long to wait for more, in microseconds; nil when the commit is due.
    mutating func wait(with count: Int) -> UInt32? {
        if steps == 0 {
            guard count > 1, count < Self.enough else { return nil }
            guard abstinence == 0 else {
                abstinence -= 1
                return nil
            }
            countBefore = count
            step = count < Self.few ? 200 : 100
        } else if count == lastCount || count >= Self.enough || steps == Self.mostSteps {
            steps = 0
            // Silence tells of clients that wait for us.
            learn(count > lastCount && count - countBefore >= Self.worthwhile)
            return nil
        }
        (steps, lastCount) = (steps + 1, count)
        return step
    }

    private mutating func learn(_ wasWorthwhile: Bool) {
        abstinence = wasWorthwhile ? 0 : lastAbstinence
        lastAbstinence = wasWorthwhile ? 1 : min(lastAbstinence * 2, Self.longestAbstinence)
    }
}
