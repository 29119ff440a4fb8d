import Catalog
import ClickModel
import Logging

/// Counts what people do with links, behind the log: clicks pay nothing for it, and a crash loses no count.
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

    init(_ catalog: Catalog, _ log: any EventLog, _ logger: Logger) {
        (self.catalog, self.log, self.logger) = (catalog, log, logger)
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
        let bounds = log.bounds
        guard let known = try await catalog.countedEvents() else {
            // From what the log still has: what it had before was not counted.
            return try await catalog.add([:], upTo: bounds.lowerBound)
        }
        // A log that was taken away with its events begins anew.
        var position = min(max(known, bounds.lowerBound), bounds.upperBound)
        while position < bounds.upperBound, !Task.isCancelled {
            var links: [CountedLink: LinkClicks] = [:]
            let start = position
            var reads = 0
            while position < bounds.upperBound, links.count < Self.mostLinks,
                reads < Self.mostReads, !Task.isCancelled
            {
                reads += 1
                guard let next = try await read(from: position, into: &links) else { break }
                position = next
            }
            guard position > start else { return }
            try await catalog.add(links, upTo: position)
        }
        if position != known { try await catalog.add([:], upTo: position) }
    }

    /// Reads on; where it goes on, or nil at the end.
    private func read(
        from position: Offset,
        into links: inout [CountedLink: LinkClicks]
    ) async throws -> Offset? {
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
                    let offset = block.first.advanced(by: index)
                    guard offset >= position, !facts.isOrphan else { continue }
                    block.withEvent(at: index) { Self.add($0, to: &links) }
                }
                next = max(next, block.offsets.upperBound)
            }
            return next
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
        var counts = links[name] ?? LinkClicks(last: time)
        counts.clicks += 1
        if fields.isFirstOfSession { counts.sessions += 1 }
        counts.last = max(counts.last, time)
        links[name] = counts
    }
}
