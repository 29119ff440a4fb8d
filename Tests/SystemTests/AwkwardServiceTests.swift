import Foundation
import Testing

/// What commands do when the service, the terminal or the disk is not as they wish.
@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct AwkwardServiceTests {
    private static let link = #"[{"id":"0123456789abcdef0123456789abcdef","slashtag":"only"}]"#

    private func someone(at server: SmallServer) throws -> Operator {
        Operator(in: try Folder(), ["CLICKSTREAM_URL": server.url, "CLICKSTREAM_KEY": "k"])
    }

    @Test(arguments: ["", " ", "/", "https://", "http://", "go.acme.com/", "https://go.acme.com"])
    func `what names no link deletes none`(_ name: String) throws {
        let server = try SmallServer { _ in SmallServer.answer(body: Self.link) }
        let someone = try someone(at: server)
        for more in [[], ["other"]] {
            let ran = try someone.runs(["links", "delete", name] + more)
            #expect(ran.status != 0 && ran.out.isEmpty, "\(ran)")
        }
        #expect(!server.requests.contains { $0.hasPrefix("DELETE") })
        #expect(try someone.runs(["links", "delete", "only"]).status == 0)
    }

    @Test func `an empty name is refused for anything`() throws {
        let server = try SmallServer { _ in SmallServer.answer(body: "[]") }
        let someone = try someone(at: server)
        for kind in ["domains", "tags", "apps", "scripts", "keys", "plans", "streams"] {
            #expect(try someone.runs([kind, "show", ""]).status == 64, "\(kind)")
        }
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
    func `a redirect isn't followed: no key goes elsewhere`(_ status: String) throws {
        let elsewhere = try SmallServer { _ in SmallServer.answer(body: "{}") }
        let place = "\(elsewhere.url)/v1/tags"
        let server = try SmallServer { _ in
            SmallServer.answer(status, headers: ["location: \(place)"])
        }
        let ran = try someone(at: server).types("tags create spring")
        #expect(ran.status == 1 && ran.err.contains(place), "\(ran)")
        #expect(elsewhere.requests.isEmpty)
    }

    @Test func `what isn't the service's answer is no success`() throws {
        let page = try SmallServer { _ in
            SmallServer.answer(headers: ["content-type: text/html"], body: "<p>Hello</p>")
        }
        let someone = try someone(at: page)
        for line in [
            "links list", "links delete 0123456789abcdef0123456789abcdef", "account --json",
            "export", "tail", "workspaces export 0123456789abcdef0123456789abcdef",
        ] {
            let ran = try someone.types(line)
            #expect(ran.status == 1 && ran.out.isEmpty, "\(line): \(ran)")
            #expect(ran.err.contains("did not answer as the service does"), "\(line): \(ran)")
        }
        let object = try SmallServer { _ in SmallServer.answer(body: "{}") }
        #expect(try self.someone(at: object).types("links list --json").status == 1)
    }

    // MARK: - Export

    /// A server with two pages of events, the second of which is as told.
    private static func pages(_ second: String) throws -> SmallServer {
        try SmallServer { head in
            guard !head.contains("last=c") else { return second }
            return SmallServer.answer(
                headers: ["x-last: c1", "link: <x>; rel=\"next\""],
                body: #"{"n":1}"# + "\n"
            )
        }
    }

    @Test func `an export that doesn't begin leaves the file as it was`() throws {
        let server = try SmallServer { _ in SmallServer.answer("403 Forbidden", body: "{}") }
        let someone = try someone(at: server)
        let path = "\(someone.folder.path)/kept.ndjson"
        try "before\n".write(toFile: path, atomically: true, encoding: .utf8)
        for form in ["ndjson", "csv"] {
            let ran = try someone.types("export --out kept.ndjson --format \(form)")
            #expect(ran.status == 1, "\(ran)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "before\n")
        }
    }

    @Test func `behind a full disk an export goes on without torn or repeated lines`() throws {
        let event = #"{"n":"\#(String(repeating: "x", count: 700))"}"# + "\n"
        let second = String(repeating: event, count: 3)
        let server = try Self.pages(SmallServer.answer(headers: ["x-last: c2"], body: second))
        let someone = try someone(at: server)
        let path = "\(someone.folder.path)/out.ndjson"
        let full = try someone.runs(
            [
                "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash", binary ?? "", "export",
                "--out", "out.ndjson",
            ],
            of: "/bin/bash"
        )
        #expect(full.status == 1 && full.err.contains("--after c1"), "\(full)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == #"{"n":1}"# + "\n")
        let rest = try someone.types("export --out out.ndjson --after c1 --json")
        #expect(rest.status == 0 && rest.object["events"] as? Int == 3, "\(rest)")
        #expect(rest.object["after"] as? String == "c2")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == #"{"n":1}"# + "\n" + second)
        #expect(try someone.types("export --format csv --json").status == 64)
    }

    // MARK: - Pipes and terminals

    @Test func `tail ends with its pipe, and a list that can't be written is no success`()
        async throws
    {
        let events = "id: c\ndata: {\"n\":1}\n\n"
        let live = try SmallServer { _ in
            // The connection ends, and the same comes again a second later.
            SmallServer.answer(headers: ["content-type: text/event-stream"], body: events)
        }
        let someone = try someone(at: live)
        let shell = "set -o pipefail; timeout 30 \"$@\" | head -1"
        let ran = try someone.runs(["-c", shell, "bash", binary ?? "", "tail"], of: "/bin/bash")
        #expect(ran.out == "{\"n\":1}\n" && ran.status == 128 + SIGPIPE, "\(ran)")

        let list = try SmallServer { _ in SmallServer.answer(body: Self.link) }
        let full = try self.someone(at: list).runs(
            ["-c", "exec \"$@\" > /dev/full", "bash", binary ?? "", "links", "list"],
            of: "/bin/bash"
        )
        #expect(full.status == 1 && full.err.contains("can't be written"), "\(full)")
    }

    @Test func `columns are as wide as their characters`() throws {
        let family = "👨‍👩‍👧‍👦👨‍👩‍👧‍👦"
        let list = try SmallServer { _ in
            SmallServer.answer(
                body:
                    #"[{"id":"1","name":"\#(family)","color":"a"},{"id":"2","name":"b","color":"c"}]"#
            )
        }
        let ran = try someone(at: list).types("tags list")
        let lines = ran.out.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].contains(family), "\(ran)")
        let places = lines.map { line in
            let characters = Array(line)
            return characters.indices.dropFirst().last {
                characters[$0] == " " && characters[$0 - 1] == " "
            }
        }
        #expect(Set(places).count == 1, "\(ran)")
        #expect(lines[1].contains("\(family)  "), "\(ran)")
    }

    @Test func `numbers that are none are wrong usage`() throws {
        let list = try SmallServer { _ in SmallServer.answer(body: "[]") }
        let someone = try someone(at: list)
        for line in [
            "links list --limit 9223372036854775807", "links list --limit 0",
            "streams update ID --batch-seconds nan", "streams update ID --timeout inf",
            "streams update ID --max-requests-per-second nan",
        ] {
            let ran = try someone.types(line)
            #expect(ran.status == 64 && ran.err.contains("Usage:"), "\(line): \(ran)")
        }
        #expect(list.requests.isEmpty)
    }

    @Test func `a terminal isn't steered by events, and gets the same JSON`() async throws {
        let event = "{\"n\":\"a\u{9B}31m\u{202E}\u{7F}é\"}"
        let server = try SmallServer { _ in
            SmallServer.answer(headers: ["x-last: c"], body: event + "\n")
        }
        let someone = try someone(at: server)
        let shown = try await someone.types("export", answering: []).out
        #expect(shown.contains(#"{"n":"a\u009b31m\u202e\u007fé"}"#), "\(shown)")
        #expect(try someone.types("export").out == event + "\n")

        let csv = try SmallServer { _ in
            SmallServer.answer(
                headers: ["x-last: c"],
                body: #"{"timestamp":"\u001b[31m\u009b"}"# + "\n"
            )
        }
        let table = try await self.someone(at: csv).types("export --format csv", answering: []).out
        #expect(table.contains(#"\u001b[31m\u009b"#) && !table.contains("\u{9B}"), "\(table)")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a terminal echoes again when a hidden question is broken off`(_ number: Int32)
        async throws
    {
        let terminal = try PseudoTerminal()
        let process = Process()
        process.executableURL = URL(filePath: binary ?? "")
        process.arguments = ["streams", "create", "http://127.0.0.1/", "--header", "X"]
        let end = terminal.end
        (process.standardInput, process.standardOutput, process.standardError) = (end, end, end)
        try process.run()
        try await eventually("the question") { terminal.shown.contains("not shown") ? () : nil }
        #expect(!echoes(end))
        kill(process.processIdentifier, number)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == number)
        #expect(echoes(end))
        try end.close()
    }

    private func echoes(_ terminal: FileHandle) -> Bool {
        var settings = termios()
        tcgetattr(terminal.fileDescriptor, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }

    // MARK: - Secrets, and the latest events

    @Test func `a secret may be in a file`() throws {
        let server = try SmallServer { _ in SmallServer.answer("403 Forbidden", body: "{}") }
        let someone = try someone(at: server)
        let line = "listen --forward-to http://127.0.0.1:1/ --secret"
        try "whsec_c2VjcmV0\n".write(
            toFile: "\(someone.folder.path)/secret",
            atomically: true,
            encoding: .utf8
        )
        try "wrong".write(
            toFile: "\(someone.folder.path)/wrong",
            atomically: true,
            encoding: .utf8
        )
        #expect(try someone.types("\(line) @secret").status == 1)
        #expect(try someone.types("\(line) @wrong").err.contains("whsec_ and base64"))
        let missing = try someone.types("\(line) @nothing")
        #expect(missing.status == 64 && missing.err.contains("can't be read: nothing"))
    }

    @Test func `listen tells attempts as JSON`() throws {
        let events = "id: c\ndata: {\"n\":1}\n\n"
        let live = try SmallServer { _ in
            SmallServer.answer(headers: ["content-type: text/event-stream"], body: events)
        }
        let endpoint = try SmallServer { _ in SmallServer.answer("503 Service Unavailable") }
        let ran = try someone(at: live).runs(
            [
                "-c", "timeout 30 \"$@\" | head -1", "bash", binary ?? "", "listen", "--json",
                "--forward-to", endpoint.url,
            ],
            of: "/bin/bash"
        )
        let told = ran.object
        #expect(told["status"] as? Int == 503 && told["events"] as? Int == 1, "\(ran)")
        #expect(told["attempt"] as? Int == 1 && told["againIn"] as? Int == 1)
        #expect(told["error"] is NSNull && told["at"] is String && told["seconds"] is Double)
    }

    @Test func `the latest events are looked for in a little of the log first`() throws {
        let server = try SmallServer { head in
            let isLive = head.hasPrefix("GET /v1/events/live")
            if isLive { return SmallServer.answer("403 Forbidden", body: "{}") }
            let days = Date(timeIntervalSinceNow: -2 * 86_400).formatted(.iso8601)
            if head.contains("limit=1&") {
                return SmallServer.answer(
                    headers: ["x-last: c0"],
                    body: "{\"timestamp\":\"\(days)\"}\n"
                )
            }
            guard let from = head.firstMatch(of: /from=([^& ]*)/)?.1.removingPercentEncoding,
                let start = try? Date(from.prefix(19) + "Z", strategy: .iso8601)
            else { return SmallServer.answer(headers: ["x-last: c9"], body: "{\"n\":0}\n") }
            let isShort = start.timeIntervalSinceNow > -600
            return SmallServer.answer(
                headers: ["x-last: c3"],
                body: isShort ? "{\"n\":3}\n" : "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"
            )
        }
        let someone = try someone(at: server)
        #expect(try someone.types("tail --last 1").out == "{\"n\":3}\n")
        #expect(try someone.types("tail --last 2").out == "{\"n\":2}\n{\"n\":3}\n")
        #expect(server.requests.filter { $0.contains("from=") }.count == 3)
        #expect(server.requests.filter { $0.contains("last-event-id: c3") }.count == 2)
        // Where there are fewer, it goes back to the log's start, and no further.
        #expect(try someone.types("tail --last 5").out == "{\"n\":0}\n")
        #expect(server.requests.filter { $0.contains("from=") }.count == 7)
    }
}
