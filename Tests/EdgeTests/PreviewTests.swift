import ClickModel
import Foundation
import Testing

@testable import Edge

@Suite struct PreviewTests {
    private static let fetcher = "User-Agent: - - preview"
    private static let person = "User-Agent: ios smartphone"

    private static let preview = LinkPreview(
        title: "Spring & <b>\"you\"</b>",
        description: "It's\u{0} été",
        image: "https://i.test/?a=1&b=2",
        type: "article",
        locale: "pt_BR"
    )

    private static let page = """
        <!doctype html><html><head><meta charset="utf-8">
        <title>Spring &amp; &lt;b&gt;&quot;you&quot;&lt;/b&gt;</title>
        <meta property="og:title" content="Spring &amp; &lt;b&gt;&quot;you&quot;&lt;/b&gt;">
        <meta property="og:description" content="It&#39;s  été">
        <meta property="og:image" content="https://i.test/?a=1&amp;b=2">
        <meta property="og:type" content="article">
        <meta property="og:locale" content="pt_BR">
        <meta property="og:url" content="https://go.test/x">
        <meta http-equiv="refresh" content="0;url=https://own.test/?a&amp;b">
        </head></html>

        """

    private func run(
        _ extras: RouteExtras,
        forwardsParameters: Bool = false,
        _ body: (EdgeFixture) async throws -> Void
    ) async throws {
        try await EdgeFixture.run(visitors: ScriptedVisitors()) { edge in
            try await edge.add(
                extras,
                to: "https://own.test/?a&b",
                forwardsParameters: forwardsParameters
            )
            try await body(edge)
        }
    }

    @Test func `a fetcher of previews is shown how the link looks, and is a click`() async throws {
        try await run(RouteExtras(preview: Self.preview)) { edge in
            let answer = try await edge.ask("/x", [Self.fetcher])
            #expect(answer.status == 200)
            #expect(answer.body == Self.page)
            #expect(answer.location == nil)
            #expect(answer.fields["content-type"] == "text/html; charset=utf-8")
            #expect(answer.fields["cache-control"] == "private, no-store")
            #expect(answer.fields["x-robots-tag"] == "noindex")
            let expected = SeenClick(id: "x", address: "127.0.0.1", agent: "- - preview")
            #expect(edge.intake.clicks == [expected])
            // Nobody was redirected.
            #expect(edge.metrics.redirects.value == 0)
        }
    }

    @Test func `everybody else is redirected`() async throws {
        try await run(RouteExtras(preview: Self.preview)) { edge in
            let answer = try await edge.ask("/x", [Self.person])
            #expect(answer.status == 302 && answer.location == "https://own.test/?a&b")
            #expect(edge.intake.clicks.map(\.id) == ["x"])
            #expect(edge.metrics.redirects.value == 1)
        }
    }

    @Test func `without a preview its fetcher is redirected, by the rules too`() async throws {
        let rule = RoutingRule(id: "r", destination: "https://r.test/", conditions: [])
        try await run(RouteExtras(rules: [rule])) { edge in
            let answer = try await edge.ask("/x", [Self.fetcher])
            #expect(answer.status == 302 && answer.location == "https://r.test/")
            #expect(try await edge.ask("/a", [Self.fetcher]).location == "https://a.test/")
        }
    }

    @Test func `a preview comes before rules and apps`() async throws {
        let rule = RoutingRule(id: "r", destination: "https://r.test/", conditions: [])
        try await run(RouteExtras(rules: [rule], preview: Self.preview)) { edge in
            let fetched = try await edge.ask("/x", [Self.fetcher])
            #expect(fetched.body == Self.page)
            let sent = try await edge.ask("/x", [Self.person])
            #expect(sent.location == "https://r.test/")
            #expect(edge.intake.clicks.map(\.rule) == [nil, "r"])
        }
    }

    @Test func `HEAD of a preview has the page's fields and is no click`() async throws {
        try await run(RouteExtras(preview: Self.preview)) { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("HEAD", "/x", Self.fetcher))
            let answer = try await visitor.answer(toHead: true)
            #expect(answer.status == 200)
            #expect(answer.fields["content-length"] == "\(Self.page.utf8.count)")
            #expect(visitor.isQuiet)
            #expect(edge.intake.clicks.isEmpty)
        }
    }

    @Test func `forwarded parameters are in the page and in the click`() async throws {
        try await run(RouteExtras(preview: Self.preview), forwardsParameters: true) { edge in
            let answer = try await edge.ask("/x?c=\"'<", [Self.fetcher])
            let location = "https://own.test/?a&b&c=\"'<"
            let text = "0;url=https://own.test/?a&amp;b&amp;c=&quot;&#39;&lt;\">"
            #expect(answer.body.contains(text))
            #expect(edge.intake.clicks.map(\.location) == [location])
        }
    }

    @Test func `what was not given is left out`() async throws {
        try await run(RouteExtras(preview: LinkPreview(image: "https://i.test/"))) { edge in
            let body = try await edge.ask("/x", [Self.fetcher]).body
            #expect(body.contains("<meta property=\"og:image\" content=\"https://i.test/\">"))
            for absent in ["<title>", "og:title", "og:description", "og:type", "og:locale"] {
                #expect(!body.contains(absent))
            }
        }
    }

    @Test func `a link with scripts is a page that runs them and goes on`() async throws {
        let scripts = ["<script src=\"https://s.test/a.js\"></script>", "track('a')"]
        try await run(RouteExtras(preview: Self.preview, scripts: scripts.map(PageScript.init))) {
            edge in
            let answer = try await edge.ask("/x", [Self.person])
            #expect(answer.status == 200 && answer.location == nil)
            #expect(answer.fields["content-type"] == "text/html; charset=utf-8")
            #expect(answer.fields["cache-control"] == "private, no-store")
            #expect(answer.body.contains("\n<script src=\"https://s.test/a.js\"></script>\n"))
            #expect(answer.body.contains("\n<script>track('a')</script>\n"))
            // What sends the visitor on comes before what may never load.
            let timer = try #require(answer.body.range(of: "setTimeout(go,3000)"))
            let script = try #require(answer.body.range(of: "https://s.test/a.js"))
            #expect(timer.upperBound < script.lowerBound)
            #expect(answer.body.contains("href=\"https://own.test/?a&amp;b\""))
            #expect(answer.body.contains("content=\"0;url=https://own.test/?a&amp;b\""))
            #expect(edge.intake.clicks.count == 1)
            // Whoever fetches a preview is shown that, and runs nothing.
            #expect(try await edge.ask("/x", [Self.fetcher]).body == Self.page)
        }
    }

    @Test func `a link that has come to its end is none any more`() async throws {
        let before = RouteExtras(expiresAt: .now.advanced(by: .seconds(3600)))
        try await run(before) { edge in
            let answer = try await edge.ask("/x", [Self.person])
            #expect(answer.status == 302)
        }
        try await run(RouteExtras(preview: Self.preview, expiresAt: .now)) { edge in
            for agent in [Self.person, Self.fetcher] {
                let answer = try await edge.ask("/x", [agent])
                #expect(answer.status == 404)
            }
            #expect(edge.intake.clicks.isEmpty)
        }
    }
}
