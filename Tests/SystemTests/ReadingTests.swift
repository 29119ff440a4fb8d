import Foundation
import Testing

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct ReadingTests {
    private static let agents = [
        "curl/8.5.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ]

    @Test func `an export is what was pushed, byte for byte, and goes on where it ended`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        for n in 0..<40 {
            let headers = ["User-Agent": Self.agents[n % 2], "Referer": "https://t.co/\(n)"]
            #expect(
                try await service.click("/a?n=\(n)&q=%22,%E2%82%AC", headers: headers).status == 302
            )
        }
        _ = try await eventually("the events") { try receiver.marks().count == 40 ? true : nil }

        let out = "\(folder.path)/out.ndjson"
        let first = try service.command(["export", "--out", out], in: folder)
        #expect(first.status == 0, "\(first.text)")
        let pushed = try Data(contentsOf: URL(filePath: receiver.out))
        #expect(try Data(contentsOf: URL(filePath: out)) == pushed)

        let cursor = try #require(first.text.firstMatch(of: /--after (e[0-9a-f]{16})/)?.1)
        for n in 40..<45 { _ = try await service.click("/a?n=\(n)") }
        _ = try await eventually("the later events") {
            try receiver.marks().count == 45 ? true : nil
        }
        let second = try service.command(
            ["export", "--out", out, "--after", String(cursor)],
            in: folder
        )
        #expect(second.status == 0)
        let all = try Data(contentsOf: URL(filePath: receiver.out))
        #expect(try Data(contentsOf: URL(filePath: out)) == all)

        let part = "\(folder.path)/humans.ndjson"
        let humans = try service.command(["export", "--types", "human", "--out", part], in: folder)
        #expect(humans.status == 0)
        let wanted = all.split(separator: 0x0A).filter {
            String(decoding: $0, as: UTF8.self).contains(#""type":"human"}"#)
                || String(decoding: $0, as: UTF8.self).contains(#""type":"human","#)
        }
        #expect(wanted.count == 20)
        #expect(try Data(contentsOf: URL(filePath: part)).split(separator: 0x0A) == wanted)

        let csv = "\(folder.path)/out.csv"
        let table = try service.command(["export", "--format", "csv", "--out", csv], in: folder)
        #expect(table.status == 0)
        let lines = try String(contentsOfFile: csv, encoding: .utf8).components(separatedBy: "\r\n")
        #expect(lines.count == 47 && lines.last == "")
        #expect(lines[0].hasPrefix("timestamp,client.language,"))
        #expect(lines[1].hasSuffix(#"{""n"":[""0""],""q"":[""\"",€""]}""#))

        let wrong = try service.command(["export", "--countries", "nowhere"], in: folder)
        #expect(wrong.status == 1 && wrong.text.contains("codes of two letters"))
        _ = service.stop()
    }

    @Test func `clicks from elsewhere are events like any other`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        let link = { (n: Int) in
            #"{"url":"https://\#(ServiceProcess.domain)/a?n=\#(n)","ip":"200.160.2.3"}"#
        }
        let one = try await service.clicks(link(0).utf8)
        #expect(
            one.status == 202
                && String(decoding: one.body, as: UTF8.self) == #"{"accepted":1,"errors":[]}"#
        )
        // It is on disk: no crash takes it away.
        service.kill()
        try await service.start()
        let array = try await service.clicks("[\(link(1)),\(link(2))]".utf8)
        #expect(array.status == 202 && array.json["accepted"] as? Int == 2)
        let lines = (3..<2003).map { $0 % 100 == 50 ? "broken" : link($0) }.joined(separator: "\n")
        let many = try await service.clicks(lines.utf8, type: "application/x-ndjson")
        #expect(many.status == 202 && many.json["accepted"] as? Int == 1980)
        #expect((many.json["errors"] as? [[String: Any]])?.first?["line"] as? Int == 48)
        #expect(try await service.clicks("broken".utf8).status == 400)

        _ = try await eventually("the events") { try receiver.marks().count == 1983 ? true : nil }
        let marks = try receiver.marks()
        #expect(marks == ([0, 1, 2] + (3..<2003).filter { $0 % 100 != 50 }).map(String.init))
        var countries: Set<String> = []
        try receiver.forEachEvent { event in
            let client = event["client"] as? [String: Any]
            let location = client?["location"] as? [String: Any]
            countries.insert(location?["country"] as? String ?? "-")
        }
        #expect(countries == ["br"])
        _ = service.stop()
    }

    @Test func `eight mebibytes of clicks are recorded, and visitors are redirected meanwhile`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        try await service.start()
        _ = try await service.setUp(nil)
        let agent = String(repeating: "x", count: 400)
        let line =
            Array(#"{"headers":{"user-agent":"\#(agent)"},"route":{"slashtag":"s"}}"#.utf8) + [0x0A]
        let count = (8 << 20) / line.count
        let body = Array(repeatElement(line, count: count).joined())
        // Its ports and its key never change.
        nonisolated(unsafe) let same = service
        async let posted = same.clicks(body, type: "application/x-ndjson")
        var slowest = Duration.zero
        for n in 0..<50 {
            let started = ContinuousClock.now
            #expect(try await service.click("/a?n=\(n)").status == 302)
            slowest = max(slowest, started.duration(to: .now))
        }
        let answer = try await posted
        #expect(answer.status == 202 && answer.json["accepted"] as? Int == count)
        #expect(slowest < .seconds(5))
        let beyond = Array(repeating: UInt8(0x20), count: (8 << 20) + 1)
        #expect(try await service.clicks(beyond).status == 413)
        _ = service.stop()
    }

    @Test func `tail shows what its filter lets through`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        try await service.start()
        _ = try await service.setUp(nil)
        let tail = try TailProcess(of: service, in: folder, ["--types", "human", "--last", "5"])
        let wanted = (0..<10).filter { $0 % 2 == 1 }.map(String.init)
        try await Task.sleep(for: .seconds(1))
        for n in 0..<10 {
            _ = try await service.click("/a?n=\(n)", headers: ["User-Agent": Self.agents[n % 2]])
        }
        try await eventually("the humans' clicks") { try tail.marks() == wanted ? () : nil }
        let later = try TailProcess(of: service, in: folder, ["--types", "human", "--last", "3"])
        try await eventually("the latest of them") {
            try later.marks() == wanted.suffix(3) ? () : nil
        }
        _ = service.stop()
    }

    @Test
    func `listen forwards what the stream would send, and waits for an endpoint that is away`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let pushed = try await ReceiverProcess(in: folder, named: "pushed")
        try await service.start()
        let stream = try await service.setUp(pushed)
        let (id, secret) = (stream["id"] as? String ?? "", stream["secret"] as? String ?? "")
        let local = try await ReceiverProcess(in: folder, named: "local", ["--secret", secret])
        let log = "\(folder.path)/listen.log"
        let listen = try launch(
            [
                "listen", "--stream", id, "--forward-to", "http://127.0.0.1:\(local.port)/",
                "--secret", secret, "--envelope-key", "k",
            ] + service.commandOptions,
            environment: ProcessInfo.processInfo.environment,
            log: log
        )
        defer { listen.terminate() }
        _ = try await eventually("it listens") {
            try String(contentsOfFile: log, encoding: .utf8).contains("Forwarding") ? true : nil
        }
        try await Task.sleep(for: .seconds(1))
        for n in 0..<5 { _ = try await service.click("/a?n=\(n)") }
        _ = try await eventually("the events at home") {
            try local.marks() == (0..<5).map(String.init) ? true : nil
        }
        // A restart of the service loses nothing.
        service.kill()
        try await service.start()
        for n in 5..<8 { _ = try await service.click("/a?n=\(n)") }
        _ = try await eventually("the later events at home") {
            try local.marks() == (0..<8).map(String.init) ? true : nil
        }
        #expect(
            try Data(contentsOf: URL(filePath: local.out))
                == Data(contentsOf: URL(filePath: pushed.out))
        )
        #expect(
            try String(contentsOfFile: log, encoding: .utf8).contains(/1 event -> 200 in \d+ ms/)
        )

        _ = local.stop()
        _ = try await service.click("/a?n=8")
        _ = try await eventually("it says that nobody is there") {
            try String(contentsOfFile: log, encoding: .utf8).contains("no answer") ? true : nil
        }
        #expect(listen.isRunning)
        _ = service.stop()
    }
}
