import ClickModel
import Delivery
import Logging
import Synchronization
import TestKit
import Testing

/// What is to be told, in memory.
private final class TestQueue: NoticeQueue {
    private let notices = Mutex<[Notice]>([])

    func add(_ id: String, at time: Timestamp) {
        notices.withLock { $0.append(Notice(id: id, createdAt: time, body: Array(id.utf8))) }
    }

    var isEmpty: Bool { notices.withLock { $0.isEmpty } }

    func oldestNotice() async throws -> Notice? { notices.withLock { $0.first } }

    func removeNotice(_ id: String) async throws {
        notices.withLock { $0.removeAll { $0.id == id } }
    }
}

@Suite struct NotifierTests {
    private let queue = TestQueue()
    private let time = JumpingTime()

    private func notifier(_ sink: ScriptedSink) -> Notifier {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        return Notifier(queue, to: sink, logger: logger, time: time)
    }

    private func run(_ notifier: Notifier, until condition: () -> Bool) async throws {
        let task = Task { await notifier.run() }
        try await eventually { condition() }
        task.cancel()
        await task.value
    }

    @Test func `notices are told in order, each until it is accepted, under one id`() async throws {
        let sink = ScriptedSink([.busy, .refused, .accepted])
        queue.add("one", at: time.now)
        queue.add("two", at: time.now)
        let notifier = notifier(sink)
        try await run(notifier) { queue.isEmpty }
        #expect(sink.received.map(\.id) == ["one", "one", "one", "two"])
        #expect(sink.received.map(\.attempt) == [1, 2, 3, 1])
        #expect(sink.received.allSatisfy { $0.sequences == nil && !$0.isTest })
        #expect(sink.received.last?.text == "two")
        #expect(sink.isClosed)
    }

    @Test func `a notice that is refused for what it says holds the others up for three tries`()
        async throws
    {
        let sink = ScriptedSink(answering: { $0.id == "bad" ? .refused : .accepted })
        queue.add("bad", at: time.now)
        queue.add("good", at: time.now)
        try await run(notifier(sink)) { queue.isEmpty }
        #expect(sink.received.map(\.id) == ["bad", "bad", "bad", "good"])
    }

    @Test func `what waited for days while nobody was there is tried some times all the same`()
        async throws
    {
        queue.add("old", at: time.now.advanced(by: .seconds(-4 * 86_400)))
        let sink = ScriptedSink([.busy, .busy, .busy])
        try await run(notifier(sink)) { queue.isEmpty }
        #expect(sink.received.count == 4)
    }

    @Test func `what comes later is told once somebody says so`() async throws {
        let sink = ScriptedSink()
        let notifier = notifier(sink)
        let task = Task { await notifier.run() }
        for number in 1...3 {
            queue.add("\(number)", at: time.now)
            notifier.wake()
            try await eventually { sink.received.count == number }
        }
        task.cancel()
        await task.value
    }

    @Test func `an endpoint that is gone for days loses the oldest, not the place in the line`()
        async throws
    {
        let sink = ScriptedSink(answering: { batch in
            batch.id == "old"
                ? .gone(DeliveryFailure(message: "answered 410"))
                : .delivered(DeliveryAnswer(status: 200))
        })
        queue.add("old", at: time.now)
        queue.add("new", at: time.now)
        let began = time.now
        try await run(notifier(sink)) { queue.isEmpty }
        #expect(sink.received.last?.id == "new")
        let waited = time.now.microseconds - began.microseconds
        #expect(waited > 3 * 86_400 * 1_000_000 && waited < 4 * 86_400 * 1_000_000)
    }
}
