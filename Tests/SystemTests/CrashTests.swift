import Foundation
import Synchronization
import Testing

/// Raised once, seen by many.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}

/// What the visitors did: which marks they sent, and which were answered with the redirect.
private final class Clicks: Sendable {
    private let state = Mutex((sent: Set<String>(), answered: Set<String>()))

    var sent: Set<String> { state.withLock { $0.sent } }
    var answered: Set<String> { state.withLock { $0.answered } }

    func sending(_ mark: String) { state.withLock { _ = $0.sent.insert(mark) } }
    func answered(_ mark: String) { state.withLock { _ = $0.answered.insert(mark) } }
}

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct CrashTests {
    /// How many times the service is killed; `make soak` asks for more.
    private static let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap(Int.init) ?? 20
    /// How many times it is told to stop.
    ///
    /// With `TERMS` given, each stop has to be over in 10 seconds, too.
    private static let terms = ProcessInfo.processInfo.environment["TERMS"].flatMap(Int.init)
    private static let visitors = 8

    @Test func `a click that got its redirect survives kill -9, and nothing is made up`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        let stream = try await service.setUp(receiver)
        let clicks = Clicks()
        for life in 0..<Self.kills {
            try await load(service, clicks, life: life, for: .milliseconds(.random(in: 100...700)))
            try await service.start()
        }
        let answered = clicks.answered
        #expect(answered.count >= Self.kills * 10, "only \(answered.count) clicks were answered")
        // Counted first: comparing a million marks takes a while.
        try await eventually(within: 600, "as many clicks are delivered as were answered") {
            try receiver.marks().count >= answered.count ? () : nil
        }
        try await eventually("every answered click is delivered") {
            answered.isSubset(of: try receiver.marks()) ? () : nil
        }
        let id = stream["id"] as? String ?? ""
        // The receiver has a batch before the service has noted that; clicks that were recorded and not
        // answered are delivered too.
        let delivered = try await eventually("what came in is delivered") {
            let stream = try await service.api("GET", "/v1/streams/\(id)")
            let accounting = stream["accounting"] as? [String: Int] ?? [:]
            return accounting["in"] == accounting["delivered"] ? accounting["delivered"] : nil
        }
        let marks = try receiver.marks()
        #expect(delivered == marks.count)
        let made = Set(marks).subtracting(clicks.sent)
        #expect(made.isEmpty, "events that nobody clicked: \(made.prefix(5))")
        try receiver.forEachEvent { event in
            let route = event["route"] as? [String: Any]
            #expect(route?["slashtag"] as? String == "a")
            let agent = (event["client"] as? [String: Any])?["agent"] as? [String: Any]
            #expect(agent?["type"] as? String == "bot", "the test's client says it is curl")
        }
        // What was in flight at a kill may have come twice, under the same id, which the receiver drops.
        #expect(Set(marks).count == marks.count, "an event came twice under two ids")
        #expect(service.stop() == 0)
    }

    @Test func `lanes keep each link's order and their numbers over kill -9`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        // A visitor each, who waits for an answer before the next click.
        let links = (0..<Self.visitors).map { "link\($0)" }
        let stream = try await service.setUp(receiver, links: links, lanes: 4)
        let clicks = Clicks()
        for life in 0..<4 {
            try await load(
                service,
                clicks,
                life: life,
                for: .milliseconds(.random(in: 200...500)),
                on: links
            )
            try await service.start()
        }
        let answered = clicks.answered
        let id = stream["id"] as? String ?? ""
        try await eventually("what came in is delivered") {
            let stream = try await service.api("GET", "/v1/streams/\(id)")
            let accounting = stream["accounting"] as? [String: Int] ?? [:]
            return accounting["in"] == accounting["delivered"] ? () : nil
        }
        let marks = try receiver.marks()
        #expect(answered.isSubset(of: marks) && Set(marks).count == marks.count)
        var last: [String: (life: Int, count: Int)] = [:]
        for mark in marks {
            let parts = mark.split(separator: "-").compactMap { Int($0) }
            let (life, visitor, count) = (parts[0], "\(parts[1])", parts[2])
            let before = last[visitor] ?? (0, -1)
            #expect(before < (life, count), "\(mark) came after \(before)")
            last[visitor] = (life, count)
        }
        #expect(last.count == Self.visitors)
        let attempts = try await service.request(
            service.controlPort,
            "GET",
            "/v1/streams/\(id)/deliveries?limit=100",
            headers: ["apikey": service.key, "workspace": service.workspace ?? ""]
        )
        let list = try JSONSerialization.jsonObject(with: attempts.body) as? [[String: Any]] ?? []
        #expect(Set(list.compactMap { $0["lane"] as? Int }).count > 1)
        #expect(service.stop() == 0)
        #expect(receiver.stop() == 0)
        // The receiver follows each lane's numbers.
        let summary =
            try String(contentsOfFile: receiver.log, encoding: .utf8)
            .split(separator: "\n").last ?? ""
        #expect(summary.contains("gaps: 0,"), "\(summary)")
    }

    @Test func `SIGTERM under load loses nothing and delivers nothing twice`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        let clicks = Clicks()
        var longest = Duration.zero
        for life in 0..<(Self.terms ?? 5) {
            try await load(
                service,
                clicks,
                life: life,
                for: .milliseconds(.random(in: 100...400)),
                ending: {
                    let told = ContinuousClock.now
                    #expect($0.stop() == 0)
                    longest = max(longest, .now - told)
                }
            )
            try await service.start()
        }
        let answered = clicks.answered
        let marks = try await eventually("every answered click is delivered") {
            let marks = try receiver.marks()
            return answered.isSubset(of: marks) ? marks : nil
        }
        #expect(Set(marks).count == marks.count)
        _ = service.stop()
        if let terms = Self.terms {
            #expect(longest < .seconds(10))
            print("told to stop \(terms) times: the longest stop took \(longest)")
        }
    }

    /// Clicks from several visitors at once until the service is ended under them.
    private func load(
        _ service: ServiceProcess,
        _ clicks: Clicks,
        life: Int,
        for duration: Duration,
        on links: [String] = ["a"],
        ending: (ServiceProcess) -> Void = { $0.kill() }
    ) async throws {
        let isOver = Flag()
        let port = service.edgePort
        await withTaskGroup(of: Void.self) { group in
            for visitor in 0..<Self.visitors {
                let link = links[visitor % links.count]
                group.addTask {
                    var count = 0
                    while !isOver.isRaised {
                        let mark = "\(life)-\(visitor)-\(count)"
                        count += 1
                        clicks.sending(mark)
                        if await RawClick.get(port: port, path: "/\(link)?n=\(mark)") == 302 {
                            clicks.answered(mark)
                        }
                    }
                }
            }
            try? await Task.sleep(for: duration)
            ending(service)
            isOver.raise()
            await group.waitForAll()
        }
    }
}
