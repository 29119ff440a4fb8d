import Foundation
import NIOHTTP1
import TestKit
import Testing

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct WholePathTests {
    @Test func `clicks are still there after a restart, and go on being delivered`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        for n in 0..<5 { #expect(try await service.click("/a?n=before-\(n)").status == 302) }
        #expect(service.stop() == 0)
        try await service.start()
        for n in 0..<5 { #expect(try await service.click("/a?n=after-\(n)").status == 302) }
        let wanted = (0..<5).map { "before-\($0)" } + (0..<5).map { "after-\($0)" }
        let marks = try await eventually("ten events") {
            let marks = try receiver.marks()
            return marks.count == 10 ? marks : nil
        }
        #expect(marks == wanted)
        _ = service.stop()
    }

    @Test func `tail goes on over a restart, and shows each click once`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        try await service.start()
        _ = try await service.setUp(nil)
        // One that sees no event before the restart must know its place all the same.
        let tail = try TailProcess(of: service, in: folder)
        try await Task.sleep(for: .seconds(1))
        service.kill()
        try await service.start()
        var wanted: [String] = []
        for stop in ["kill", "term"] {
            for n in 0..<3 {
                let name = "\(stop)-\(n)"
                #expect(try await service.click("/a?n=\(name)").status == 302)
                wanted.append(name)
            }
            try await eventually("the clicks until \(stop) in the terminal") {
                try tail.marks() == wanted ? () : nil
            }
            if stop == "kill" { service.kill() } else { #expect(service.stop() == 0) }
            try await service.start()
        }
        #expect(try await service.click("/a?n=last").status == 302)
        try await eventually("the last click") { try tail.marks() == wanted + ["last"] ? () : nil }
        _ = service.stop()
    }

    @Test(.enabled(if: GeoFile.python != nil, "needs the set-up's Python: run scripts/setup"))
    func `a new database of places is taken up from its file, and on SIGHUP`() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/places.mmdb"
        let write = { (country: String) in
            let record = #"{"198.51.100.0/24": {"country": {"iso_code": "\#(country)"}}}"#
            try GeoFile.write(path, type: "Country", record)
        }
        try write("DE")
        let service = ServiceProcess(data: folder.path, settings: ["GEO_DATABASE": path])
        try await service.start()
        _ = try await service.setUp(nil)
        let country = {
            let headers = ["X-Forwarded-For": "198.51.100.7"]
            _ = try await service.click("/a", headers: headers)
            let read = try await service.request(
                service.controlPort,
                "GET",
                "/v1/events?limit=1000",
                headers: ["apikey": service.key, "workspace": service.workspace ?? ""]
            )
            let last = read.body.split(separator: 0x0A).last ?? Data()
            let event = try JSONSerialization.jsonObject(with: last) as? [String: Any]
            let client = event?["client"] as? [String: Any]
            return (client?["location"] as? [String: Any])?["country"] as? String
        }
        #expect(try await country() == "de")
        try write("FR")
        try await eventually("the new database") { try await country() == "fr" ? () : nil }

        try Data("no database".utf8).write(to: URL(filePath: path))
        try await eventually("the refusal") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("no MMDB") ? () : nil
        }
        #expect(try await country() == "fr")

        try write("BR")
        kill(service.pid, SIGHUP)
        try await eventually("the database after SIGHUP") {
            try await country() == "br" ? () : nil
        }
        #expect(service.stop() == 0)
    }

    @Test func `a second service on the same data is refused, and the first one goes on`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        try await service.start()
        _ = try await service.setUp(nil)
        let second = ServiceProcess(data: folder.path)
        #expect(try second.run() == 1)
        let words = try String(contentsOfFile: second.log, encoding: .utf8)
        #expect(words.contains("is in use by another clickstream (process \(service.pid))"))
        #expect(try await service.click("/a").status == 302)
        // However the first one ends, the folder is free.
        service.kill()
        try await service.start()
        #expect(service.stop() == 0)
    }

    @Test func `every command on a stream does what it says`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        let stream = try await service.setUp(receiver)
        let id = stream["id"] as? String ?? ""
        func command(_ arguments: String...) throws -> (status: Int32, text: String) {
            let out = "\(folder.path)/command.out"
            let process = try launch(
                ["streams"] + arguments + [
                    "--url", "http://127.0.0.1:\(service.controlPort)", "--key", service.key,
                    "--workspace", service.workspace ?? "",
                ],
                environment: ProcessInfo.processInfo.environment,
                log: out
            )
            process.waitUntilExit()
            return (process.terminationStatus, try String(contentsOfFile: out, encoding: .utf8))
        }
        _ = try await service.click("/a?n=1")
        _ = try await eventually("an event") { try receiver.marks().isEmpty ? nil : true }
        let began = "2026-01-01T00:00:00Z"
        for (arguments, words) in [
            (["list"], "webhook"), (["show", id], "active"),
            (["update", id, "--batch-seconds", "0.2"], "0.2"), (["pause", id], "paused"),
            (["resume", id], "active"), (["verify", id], "active"),
            (["rotate-secret", id, "--overlap", "1h"], "whsec_"),
            (["deliveries", id], "delivered"),
            (["parked", id], "LANE"), (["replay", id, "--from", began], "rpl_"),
        ] {
            let (status, text) =
                switch arguments.count {
                case 1: try command(arguments[0])
                case 2: try command(arguments[0], arguments[1])
                default: try command(arguments[0], arguments[1], arguments[2], arguments[3])
                }
            #expect(status == 0 && text.contains(words), "\(arguments): \(text)")
        }
        // An endpoint that isn't there is told, and the old one withdraws it.
        let away = try command("update", id, "--endpoint", "http://127.0.0.1:\(freePort())/")
        #expect(away.status == 1 && away.text.contains("the new settings don't count yet"))
        let back = try command("update", id, "--endpoint", "http://127.0.0.1:\(receiver.port)/")
        #expect(back.status == 0 && !back.text.contains("pending.endpoint"), "\(back.text)")
        #expect(try command("delete", id).status == 0)
        #expect(try command("show", id).status == 1)
        _ = service.stop()
    }

    @Test func `what the service makes is for its own eyes`() async throws {
        let folder = try Folder()
        let data = "\(folder.path)/data"
        let service = ServiceProcess(data: data)
        try await service.start()
        for name in ["", "/log.db", "/log.db-wal", "/catalog.db", "/secrets.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: data + name)
            let mode = try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
            #expect(mode & 0o077 == 0, "\(name) has mode \(String(mode, radix: 8))")
        }
        _ = service.stop()
    }

    @Test func `the demo shows a click in its terminal, on the first start and on the second`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        for start in ["first", "second"] {
            try await service.start(["--demo"])
            let click = try await service.request(
                service.edgePort,
                "GET",
                "/hello?n=\(start)",
                headers: ["Host": "localhost"]
            )
            #expect(click.status == 302)
            // Each start has a log of its own.
            try await eventually("the \(start) start's click in the terminal") {
                let shown = try String(contentsOfFile: service.log, encoding: .utf8)
                return shown.contains("localhost/hello") && shown.contains("n=\(start)") ? () : nil
            }
            #expect(service.stop() == 0)
        }
    }

    @Test func `a changed link is live when its change is answered, and a deleted one is gone`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        try await service.start()
        _ = try await service.setUp(nil)
        for n in 0..<50 {
            let made = try await service.api(
                "POST",
                "/v1/links",
                [
                    "slashtag": "c", "destination": "https://www.example.com/\(n)",
                    "domain": ["fullName": ServiceProcess.domain],
                ]
            )
            let id = made["id"] as? String ?? ""
            #expect(
                try await service.click("/c").headers.first(name: "location")
                    == "https://www.example.com/\(n)"
            )
            try await service.api(
                "POST",
                "/v1/links/\(id)",
                ["destination": "https://other.example/\(n)"]
            )
            #expect(
                try await service.click("/C").headers.first(name: "location")
                    == "https://other.example/\(n)"
            )
            try await service.api("DELETE", "/v1/links/\(id)")
            #expect(try await service.click("/c").status == 404)
        }
        _ = service.stop()
    }

    @Test func `a receiver that is stopped sums up what came`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        for n in 0..<3 { _ = try await service.click("/a?n=\(n)") }
        _ = try await eventually("three events") { try receiver.marks().count == 3 ? true : nil }
        #expect(receiver.stop() == 0)
        let log = try String(contentsOfFile: receiver.log, encoding: .utf8)
        #expect(log.contains("test delivery received\n"))
        let last = log.split(separator: "\n").last ?? ""
        #expect(last.contains(/^batches: [1-3], events: 3, repeated: 0, gaps: 0, wrong/))
        _ = service.stop()
    }

    @Test func `requests for links that don't exist come to a stream that asks for them`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        let stream = try await service.setUp(receiver)
        let id = stream["id"] as? String ?? ""
        #expect(try await service.click("/nobody-asks").status == 404)
        try await service.api("POST", "/v1/streams/\(id)", ["filter": ["orphans": true]])
        #expect(try await service.click("/Nope?x=1").status == 404)
        #expect(try await service.click("/a?n=1").status == 302)
        // The next start knows of it, too.
        #expect(service.stop() == 0)
        try await service.start()
        #expect(try await service.click("/nope-2").status == 404)
        var seen: [String] = []
        try await eventually("three events") {
            seen = []
            try receiver.forEachEvent { event in
                let route = event["route"] as? [String: Any]
                let asked = route?["slashtag"] as? String ?? "?"
                seen.append(route?["id"] is NSNull ? "no \(asked)" : asked)
            }
            return seen.count == 3 ? () : nil
        }
        #expect(seen == ["no Nope", "a", "no nope-2"])
        // What others read of the workspace holds clicks of links alone.
        let read = try await service.request(
            service.controlPort,
            "GET",
            "/v1/events",
            headers: ["apikey": service.key, "workspace": service.workspace ?? ""]
        )
        #expect(read.body.split(separator: 0x0A).count == 1)
        _ = service.stop()
    }

    @Test func `who asked for notices is told of a stream's life, over a restart`() async throws {
        let folder = try Folder()
        let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        let told = try await ReceiverProcess(in: folder, named: "notices", ["--secret", secret])
        let service = ServiceProcess(
            data: "\(folder.path)/data",
            settings: [
                "STREAMS_NOTIFY": "http://127.0.0.1:\(told.port)/notices",
                "STREAMS_NOTIFY_SECRET": secret,
            ]
        )
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        let stream = try await service.setUp(receiver)
        let id = stream["id"] as? String ?? ""
        func statuses() throws -> [String] {
            try String(contentsOfFile: told.log, encoding: .utf8).split(separator: "\n")
                .compactMap { line in
                    guard let start = line.range(of: "notice: ") else { return nil }
                    let body = try JSONSerialization.jsonObject(
                        with: Data(line[start.upperBound...].utf8)
                    )
                    let data = (body as? [String: Any])?["data"] as? [String: Any]
                    #expect(data?["stream"] as? String == id)
                    return data?["status"] as? String
                }
        }
        try await eventually("the first notices") {
            try statuses() == ["verifying", "active"] ? () : nil
        }
        try await service.api("POST", "/v1/streams/\(id)/pause", [:])
        service.kill()
        try await service.start()
        try await service.api("POST", "/v1/streams/\(id)/resume", [:])
        try await eventually("the notices of both lives") {
            try statuses().suffix(2) == ["paused", "active"] ? () : nil
        }
        // One that was told and not taken out by then may come again, under its id.
        #expect(try statuses().count <= 5)
        #expect(service.stop() == 0)
    }

    @Test func `what was read as events is what was delivered`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path)
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        let stream = try await service.setUp(receiver)
        for n in 0..<20 { _ = try await service.click("/a?n=\(n)") }
        _ = try await eventually("twenty events") { try receiver.marks().count == 20 ? true : nil }
        let workspaces = try await service.request(
            service.controlPort,
            "GET",
            "/v1/workspaces",
            headers: ["apikey": service.key]
        )
        let all = try JSONSerialization.jsonObject(with: workspaces.body) as? [[String: Any]]
        let id = all?.first { $0["name"] as? String == "System" }?["id"] as? String ?? ""
        let read = try await service.request(
            service.controlPort,
            "GET",
            "/v1/events?limit=100",
            headers: ["apikey": service.key, "workspace": id]
        )
        let lines = String(decoding: read.body, as: UTF8.self).split(separator: "\n").map(
            String.init
        )
        let received = try String(contentsOfFile: receiver.out, encoding: .utf8)
            .split(separator: "\n").map(String.init)
        #expect(lines == received)
        #expect(stream["secret"] as? String != nil)
        _ = service.stop()
    }
}
