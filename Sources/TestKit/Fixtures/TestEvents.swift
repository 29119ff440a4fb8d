package import ClickModel
import Synchronization

/// A small event for tests: told apart by its mark.
package struct TestEvent: Sendable {
    package var mark: String
    package var workspace: WorkspaceNumber
    package var timestamp: Timestamp
    package var country: String?
    package var isOrphan = false
    /// The id of the link that was clicked.
    package var link: String?
    /// The id of its domain.
    package var domain: String?
    /// `human` or `bot`.
    package var agent: String?
    /// Its origin's type and name.
    package var origin: (type: String, name: String)?
    /// Its link's tags.
    package var tags: [String] = []

    package init(
        _ mark: String,
        workspace: WorkspaceNumber = 1,
        country: String? = nil,
        isOrphan: Bool = false,
        link: String? = nil,
        at timestamp: Timestamp = Timestamp(microseconds: 1_562_076_426_981_094)
    ) {
        (self.mark, self.workspace, self.timestamp) = (mark, workspace, timestamp)
        self.country = country
        self.isOrphan = isOrphan
        self.link = link
    }

    /// The event's bytes.
    package var json: String {
        let place = country.map { #","country":"\#($0)""# } ?? ""
        let agent = agent.map { #","device":{"name":null},"type":"\#($0)""# } ?? ""
        let origin = origin.map { #","origin":{"type":"\#($0.type)","name":"\#($0.name)"}"# } ?? ""
        let route = link.map { #","route":{"id":"\#($0)"}"# } ?? ""
        let domain = domain.map { #","domain":{"id":"\#($0)"}"# } ?? ""
        return #"{"mark":"\#(mark)"\#(place)\#(agent)\#(origin)\#(route)\#(domain)}"#
    }

    /// The bytes of its details.
    package var details: String {
        let list = tags.map { #""\#($0)""# }.joined(separator: ",")
        return #"{"of":"\#(mark)"\#(tags.isEmpty ? "" : #","tags":[\#(list)]"#)}"#
    }

    /// Adds the event to a group, as an encoder would.
    package func encode(into group: EventGroup) {
        group.payload.append(text: json)
        group.payload.append(text: details)
        var random = SystemRandomNumberGenerator()
        group.add(
            EventFacts(
                id: ClickID(at: timestamp, using: &random),
                timestamp: timestamp,
                workspace: workspace,
                eventLength: json.utf8.count,
                detailsLength: details.utf8.count,
                isOrphan: isOrphan
            )
        )
    }
}

/// Feeds a log with test events, a group at a time.
package final class TestSource: EventSource {
    package typealias Settled = @Sendable (Result<Range<Offset>, LogError>) -> Void

    private struct State {
        var waiting: [([TestEvent], Settled)] = []
        var underWay: Settled?
    }

    private let state = Mutex(State())
    private let log: any EventLog

    /// Starts to feed `log`.
    package init(for log: any EventLog) {
        self.log = log
        log.take(from: self)
    }

    /// Appends the events in one group and returns their offsets.
    @discardableResult
    package func append(_ events: [TestEvent]) async throws(LogError) -> Range<Offset> {
        let result = await withCheckedContinuation { continuation in
            state.withLock { $0.waiting.append((events, { continuation.resume(returning: $0) })) }
            log.wake()
        }
        return try result.get()
    }

    package func fill(_ group: EventGroup) {
        state.withLock { state in
            // What is appended together is committed alone.
            guard group.isEmpty, !state.waiting.isEmpty else { return }
            let (events, settled) = state.waiting.removeFirst()
            for event in events { event.encode(into: group) }
            state.underWay = settled
        }
    }

    package func settle(_ result: Result<Range<Offset>, LogError>) {
        let settled = state.withLock { state in
            defer { state.underWay = nil }
            return state.underWay
        }
        settled?(result)
    }
}

extension Block {
    /// The events' bytes in the `rebrandly` format, as text.
    package var texts: [String] {
        facts.indices.map { index in withEvent(at: index) { $0.event.text } }
    }
}
