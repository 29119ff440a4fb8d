import Catalog
import ClickModel
import Logging

/// Counts what people do with links, behind the log: a crash loses no count, and none counts twice.
///
/// The log's thread counts along as it commits. What it didn't, because it was another process's, or a commit
/// failed, is read from the log.
struct LinkCounter: Sendable {
    /// Long enough that a link that is opened often is written once.
    private static let pause = Duration.seconds(5)
    /// Links in one write, and reads of the log before one.
    private static let mostLinks = 20_000
    private static let mostReads = 256
    /// The catalog's ids; clicks from elsewhere may name links by anything.
    private static let idLength = 32

    private let catalog: Catalog
    private let log: any EventLog
    private let logger: Logger
    /// What was counted along with commits since it was last asked.
    private let counted: @Sendable () async -> LinkCounts?

    init(
        _ catalog: Catalog,
        _ log: any EventLog,
        _ logger: Logger,
        counted: @escaping @Sendable () async -> LinkCounts?
    ) {
        (self.catalog, self.log, self.logger) = (catalog, log, logger)
        self.counted = counted
    }

    /// Runs until its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await count()
            } catch  where Task.isCancelled {
                // The service stops: what isn't counted yet is counted by the next one.
                return
            } catch {
                logger.error("clicks can't be counted now", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Counts what the log has beyond what is counted.
    func count() async throws {
        let counts = await counted()
        let bounds = log.bounds
        guard let known = try await catalog.countedEvents() else {
            // From what the log still has: what it had before was not counted.
            return try await catalog.add([:], upTo: bounds.lowerBound)
        }
        // A log that was taken away with its events begins anew.
        let start = min(max(known, bounds.lowerBound), bounds.upperBound)
        guard let counts else {
            // No commit since it was last asked: what isn't counted is of before.
            return try await read(from: start, to: bounds.upperBound, known)
        }
        guard start <= counts.offsets.lowerBound else {
            return try await read(from: start, to: counts.offsets.upperBound, known)
        }
        try await read(from: start, to: counts.offsets.lowerBound, known)
        let links = counts.links.filter { $0.key.id.utf8.count == Self.idLength }
        try await catalog.add(links, upTo: counts.offsets.upperBound)
    }

    /// Counts a part of the log by reading it; the catalog says that it is counted up to `known`.
    private func read(from start: Offset, to end: Offset, _ known: Offset) async throws {
        var position = start
        while position < end, !Task.isCancelled {
            var links: [CountedLink: LinkClicks] = [:]
            let before = position
            var reads = 0
            while position < end, links.count < Self.mostLinks, reads < Self.mostReads,
                !Task.isCancelled
            {
                reads += 1
                guard let next = try await read(position..<end, into: &links) else { break }
                position = next
            }
            guard position > before else { return }
            try await catalog.add(links, upTo: position)
        }
        if position == start, position != known { try await catalog.add([:], upTo: position) }
    }

    /// Reads on; where it goes on, or nil at the end.
    private func read(
        _ offsets: Range<Offset>,
        into links: inout [CountedLink: LinkClicks]
    ) async throws -> Offset? {
        let position = offsets.lowerBound
        let found: LogRead
        do {
            found = try await log.read(from: position, workspace: nil)
        } catch .trimmed(let available) {
            return max(position.advanced(by: 1), available.lowerBound)
        }
        switch found {
        case .end(let end): return end > position ? end : nil
        case .damaged(let range, _, _): return max(position.advanced(by: 1), range.upperBound)
        case .blocks(let blocks):
            var next = position
            for block in blocks {
                for (index, facts) in block.facts.enumerated() {
                    guard offsets.contains(block.first.advanced(by: index)), !facts.isOrphan else {
                        continue
                    }
                    block.withEvent(at: index) { Self.add($0, to: &links) }
                }
                next = max(next, block.offsets.upperBound)
            }
            return min(next, offsets.upperBound)
        }
    }

    private static func add(_ stored: StoredEvent, to links: inout [CountedLink: LinkClicks]) {
        let fields = EventFields(stored.event)
        guard let type = fields.agentType, type.equals("human"), let link = fields.link,
            link.count == idLength
        else {
            return
        }
        let time = stored.facts.timestamp
        let name = CountedLink(workspace: stored.facts.workspace, id: link.text)
        links[name, default: LinkClicks(last: time)].add(
            startsSession: fields.isFirstOfSession,
            at: time
        )
    }
}
