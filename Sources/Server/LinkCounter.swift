import Catalog
import ClickModel
import Logging

/// Counts what people do with links, behind the log: clicks pay nothing for it, and a crash loses no count.
struct LinkCounter: Sendable {
    /// Long enough that a link that is opened often is written once.
    private static let pause = Duration.seconds(5)
    /// Links in one write.
    private static let mostLinks = 20_000

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
            while position < bounds.upperBound, links.count < Self.mostLinks {
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
        guard let type = fields.agentType, type.equals("human"), let link = fields.link else {
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
