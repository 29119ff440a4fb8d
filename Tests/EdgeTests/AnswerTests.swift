import ClickModel
import Testing

@testable import Edge

@Suite struct AnswerTests {
    @Test func `a click is redirected, recorded, and told to nobody's cache`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            try await visitor.send(
                EdgeFixture.request("GET", "/A/?utm=1", host: "GO.test.:80", "User-Agent: Me")
            )
            let answer = try await visitor.answer()
            #expect(answer.status == 302)
            #expect(answer.location == "https://a.test/")
            #expect(answer.fields["cache-control"] == "private, no-store")
            #expect(answer.fields["x-robots-tag"] == "noindex")
            #expect(answer.fields["content-length"] == "0")
            #expect(answer.fields["date"]?.hasSuffix(" GMT") == true)
            #expect(answer.fields["server"] == nil && answer.fields["connection"] == nil)
            let expected = SeenClick(id: "a", address: "127.0.0.1", query: "utm=1", agent: "Me")
            #expect(edge.intake.clicks == [expected])
            #expect(edge.metrics.redirects.value == 1)
        }
    }

    @Test func `forwarded parameters are in the location and in the click`() async throws {
        try await EdgeFixture.run { edge in
            let location = "https://f.test/?x=1&y=2#end"
            let answers = [try await edge.ask("/f?y=2"), try await edge.ask("/f")]
            #expect(answers.map(\.location) == [location, "https://f.test/?x=1#end"])
            #expect(edge.intake.clicks.map(\.location) == [location, nil])
        }
    }

    @Test(arguments: [
        ("", true, false), ("X-Forwarded-Proto: https", true, true),
        ("X-Forwarded-Proto: HTTPS, http", true, true), ("X-Forwarded-Proto: http", true, false),
        ("X-Forwarded-Proto: https", false, false),
        ("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http", true, true),
        ("X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https", true, false),
        ("Sec-CH-UA: \"Chromium\";v=\"131\"", false, true),
    ])
    func `hints are asked for over TLS`(field: String, isTrusted: Bool, isAsked: Bool) async throws
    {
        let trust = { (settings: inout EdgeSettings) in
            settings.trustedProxies = ["127.0.0.1/32"].compactMap { AddressRange($0) }
        }
        try await EdgeFixture.run(settings: isTrusted ? trust : { _ in }) { edge in
            let visitor = try edge.visitor()
            let fields = field.isEmpty ? "X-Nothing: 1" : field
            try await visitor.send(EdgeFixture.request("GET", "/a", fields))
            let asked = try await visitor.answer().fields["accept-ch"]
            let wanted =
                "Sec-CH-UA-Form-Factors, Sec-CH-UA-Full-Version-List, Sec-CH-UA-Model, Sec-CH-UA-Platform-Version"
            #expect(asked == (isAsked ? wanted : nil))
        }
    }

    @Test func `HEAD is redirected and is no click`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            try await visitor.send(
                EdgeFixture.request("HEAD", "/a") + EdgeFixture.request("HEAD", "/none")
            )
            #expect(try await visitor.answer(toHead: true).location == "https://a.test/")
            let missing = try await visitor.answer(toHead: true)
            #expect(missing.status == 404)
            #expect(missing.fields["content-length"] == "\(Pages.notFound.utf8CodeUnitCount)")
            #expect(visitor.isQuiet)
            #expect(edge.intake.clicks.isEmpty)
        }
    }

    @Test(arguments: [
        ("/none", "go.test", 404, nil), ("/a", "other.test", 404, nil),
        ("/", "other.test", 404, nil),
        ("/a/b", "go.test", 404, nil), ("/%2Fa", "go.test", 404, nil),
        ("/%zz", "go.test", 400, nil),
        ("/", "go.test", 200, nil), ("/favicon.ico", "go.test", 404, nil),
        ("/robots.txt", "go.test", 200, nil), ("/favicon.ico", "rich.test", 404, nil),
        ("/", "rich.test", 302, "https://root.test/"),
        ("/none", "rich.test", 302, "https://fallback.test/"),
        ("/a/b", "rich.test", 302, "https://fallback.test/"),
        ("/health/live", "127.0.0.1:8080", 200, nil), ("/health/ready", "localhost", 200, nil),
        ("/health/ready", "[::1]", 200, nil), ("/health/x", "localhost", 404, nil),
        ("/health/live", "go.test", 404, nil),
    ])
    func `what is no link is answered and recorded nowhere`(
        path: String,
        host: String,
        status: Int,
        location: String?
    ) async throws {
        try await EdgeFixture.run { edge in
            let answer = try await edge.ask(path, host: host)
            #expect(answer.status == status)
            #expect(answer.location == location)
            #expect(answer.fields["content-length"] == "\(answer.body.utf8.count)")
            #expect(edge.intake.clicks.isEmpty)
        }
    }

    @Test func `another method is told which ones there are`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("DELETE", "/a"))
            let first = try await visitor.answer()
            #expect(first.status == 405 && first.fields["allow"] == "GET, HEAD")
            try await visitor.send(
                EdgeFixture.request("POST", "/a", "Content-Length: 9") + "GET /b HT"
            )
            let second = try await visitor.answer()
            #expect(second.status == 405 && second.fields["connection"] == "close")
            #expect(try await visitor.rest() == "")
            #expect(edge.intake.clicks.isEmpty)
        }
    }

    @Test(arguments: [
        "GET /a HTTP/1.1\r\nHost: go.test\r\nContent-Length: 22\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: go.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET http://go.test/a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 22\r\n\r\n",
        "GET /a HTTP/1.1\nHost: go.test\n\n", "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n",
    ])
    func `what follows a refused head is never read as a request`(head: String) async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            try await visitor.send(head + EdgeFixture.request("GET", "/b"))
            let answer = try await visitor.answer()
            #expect(answer.status == 400)
            #expect(answer.fields["connection"] == "close")
            #expect(try await visitor.rest() == "")
            #expect(edge.intake.clicks.isEmpty)
            #expect(edge.metrics.refusedRequests.value == 1)
        }
    }

    @Test func `a head over the limit is 431, whole or not`() async throws {
        try await EdgeFixture.run { edge in
            let long = String(repeating: "x", count: 16 << 10)
            for text in [
                "GET /a HTTP/1.1\r\nX: \(long)", EdgeFixture.request("GET", "/a", "X: \(long)"),
            ] {
                let visitor = try edge.visitor()
                try await visitor.send(text)
                #expect(try await visitor.answer().status == 431)
                #expect(try await visitor.rest() == "")
            }
            #expect(try await edge.ask("/a?\(long.prefix(16_000))").status == 302)
        }
    }

    @Test func `a slow head is 408, an idle connection closed without a word`() async throws {
        try await EdgeFixture.run {
            $0.headTimeout = .milliseconds(50)
            $0.idleTimeout = .milliseconds(50)
        } _: { edge in
            let slow = try edge.visitor()
            let idle = try edge.visitor()
            try await slow.send("GET /a HTTP/1.1\r\nHost: go")
            #expect(try await slow.answer().status == 408)
            #expect(try await slow.rest() == "")
            #expect(try await idle.rest() == "")
        }
    }

    @Test func `an empty line behind a request begins no head`() async throws {
        try await EdgeFixture.run {
            $0.headTimeout = .milliseconds(50)
            $0.idleTimeout = .milliseconds(100)
        } _: { edge in
            let visitor = try edge.visitor()
            try await visitor.send("GET /a HTTP/1.1\r\nHost: go.test\r\n\r\n\r\n")
            #expect(try await visitor.answer().status == 302)
            #expect(try await visitor.rest() == "")
        }
    }

    @Test func `a link that doesn't exist is a click only where somebody wants to know`()
        async throws
    {
        let intake = RecordingIntake()
        try await EdgeFixture.run(intake) { edge in
            #expect(try await edge.ask("/nope", host: "go.test").status == 404)
            for path in ["/favicon.ico", "/robots.txt", "/", "/a/b", "/%2Fa"] {
                _ = try await edge.ask(path, host: "watched.test")
            }
            _ = try await edge.ask("/nope", host: "watched.test", method: "HEAD")
            #expect(intake.clicks.isEmpty)
            #expect(try await edge.ask("/Sp%C3%A9cial/?x=1", host: "watched.test").status == 404)
            let sent = try await edge.ask("/gone", host: "watched-rich.test")
            #expect(sent.status == 302 && sent.location == "https://fallback.test/")
            #expect(intake.clicks.map(\.orphan) == ["Sp\u{e9}cial", "gone"])
            #expect(intake.clicks.map(\.id) == [nil, nil])
            #expect(intake.clicks.map(\.query) == ["x=1", nil])
            // Nobody was redirected to a link.
            #expect(edge.metrics.redirects.value == 0)
            #expect(edge.metrics.unknownLinks.value >= 3)
        }
    }

    @Test func `HTTP 1_0 closes unless it asks otherwise`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            try await visitor.send(
                "GET /a HTTP/1.0\r\nHost: go.test\r\nConnection: Keep-Alive\r\n\r\n"
            )
            #expect(try await visitor.answer().fields["connection"] == "keep-alive")
            try await visitor.send("GET http://go.test/b HTTP/1.0\r\n\r\n")
            let last = try await visitor.answer()
            #expect(last.location == "https://b.test/" && last.fields["connection"] == "close")
            #expect(try await visitor.rest() == "")
        }
    }
}
