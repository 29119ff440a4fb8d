import ClickModel
import Delivery
import Logging
import TestKit
import Testing

@Suite struct ExpiryWatchTests {
    private let log = MemoryLog()
    private let time = JumpingTime()

    private func watch(_ streams: TestStreams, retention: Duration) -> ExpiryWatch {
        let surroundings = DeliverySurroundings(
            log: log,
            ledger: log,
            streams: streams,
            metrics: ServiceMetrics(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            time: time
        )
        return ExpiryWatch(in: surroundings, retention: retention)
    }

    @Test func `a failing stream is warned at 70 and at 90 percent of maxAge, each once`()
        async throws
    {
        let streams = TestStreams([.fixture(status: .failing, maxAge: .seconds(100_000))])
        let watch = watch(streams, retention: .seconds(1_000_000))
        let source = TestSource(for: log)
        let start = time.now
        // It failed long before the event came: the event's own age counts.
        try await source.append([
            TestEvent("a", at: start), TestEvent("x", workspace: 2, at: start),
        ])
        var position = StreamPosition(stream: EventStream.ID("s1"), checkpoint: .zero)
        position.health.failingSince = start.advanced(by: .seconds(-5000))
        try await log.save(position)
        var announced: [Int?] = []
        time.pass(.seconds(1))
        for _ in 0..<9 {
            time.pass(.seconds(10_000))
            // Newer ones are none of the matter.
            try await source.append([TestEvent("n", at: time.now)])
            await watch.look()
            announced.append(streams.stream("s1")?.announced?.percent)
        }
        #expect(announced == [nil, nil, nil, nil, nil, nil, 70, 70, 90])
        #expect(streams.announcements.map(\.?.percent) == [70, 90])
        #expect(streams.announcements.map(\.?.events) == [1, 1])
        // Delivered at last: taken back, and told anew another time.
        position.checkpoint = log.bounds.upperBound
        position.delivered = 10
        try await log.save(position)
        await watch.look()
        #expect(streams.stream("s1")?.announced == nil)
    }

    @Test func `a paused stream is warned of the log's retention, one without events never`()
        async throws
    {
        let streams = TestStreams([
            .fixture(status: .paused, maxAge: .seconds(1000)),
            .fixture("s2", workspace: 2, status: .paused),
        ])
        let watch = watch(streams, retention: .seconds(100_000))
        let source = TestSource(for: log)
        try await source.append([TestEvent("a", at: time.now), TestEvent("b", at: time.now)])
        time.pass(.seconds(69_000))
        await watch.look()
        #expect(streams.announcements.isEmpty)
        time.pass(.seconds(2000))
        await watch.look()
        #expect(streams.stream("s1")?.announced?.percent == 70)
        #expect(streams.stream("s1")?.announced?.events == 2)
        #expect(streams.announcements.count == 1)
    }

    @Test func `a log that is short of room warns, too`() async throws {
        let streams = TestStreams([.fixture(status: .paused)])
        let watch = watch(streams, retention: .seconds(1_000_000))
        let source = TestSource(for: log)
        log.setRoom(100)
        var announced: [Int?] = []
        for number in 0..<10 {
            try await source.append((0..<10).map { TestEvent("\(number)-\($0)", at: time.now) })
            await watch.look()
            announced.append(streams.stream("s1")?.announced?.percent)
        }
        #expect(announced == [nil, nil, nil, nil, nil, nil, nil, 70, 70, 90])
    }

    @Test func `a stream whose receiver just began to fail has all its time`() async throws {
        let streams = TestStreams([.fixture(status: .failing, maxAge: .seconds(100))])
        let watch = watch(streams, retention: .seconds(1_000_000))
        // It was paused before: its events are old, and nothing is given up for that.
        try await TestSource(for: log).append([TestEvent("a", at: time.now)])
        time.pass(.seconds(5000))
        var position = StreamPosition(stream: EventStream.ID("s1"), checkpoint: .zero)
        position.health.failingSince = time.now
        try await log.save(position)
        await watch.look()
        #expect(streams.announcements.isEmpty)
        time.pass(.seconds(95))
        await watch.look()
        #expect(streams.announcements.map(\.?.percent) == [90])
    }
}
