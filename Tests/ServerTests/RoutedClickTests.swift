import ClickModel
import Edge
import Enrichment
import Foundation
import Ingest
import Logging
import TestKit
import Testing

@testable import Server

private let tables = try? TablesLocation.find(
    configured: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: ".data/tables").path
)

/// The link is set and the log in memory; edge, facts, intake and encoder are the real ones.
@Suite(
    .enabled(
        if: tables.map {
            FileManager.default.fileExists(atPath: $0.appending(path: "VERSION").path)
        } ?? false,
        "the tables are missing: run scripts/setup"
    )
)
struct RoutedClickTests {
    private static let extras = RouteExtras(
        rules: [
            RoutingRule(
                id: "rule-1",
                destination: "https://rule.test/",
                conditions: [
                    .init(.country, values: ["br"]), .init(.language, values: ["pt"]),
                    .init(.system, values: ["ios"]), .init(.device, values: ["smartphone"]),
                ]
            )
        ],
        preview: LinkPreview(title: "Spring")
    )

    private static let iPhone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"

    /// The answer to one request, and the event that it left, details and all.
    private func visit(_ userAgent: String) async throws -> (answer: String, event: String) {
        let (metrics, log) = (ServiceMetrics(), MemoryLog())
        let tables = try Tables(in: #require(tables))
        let intake = Intake(
            encoder: try StandardEncoder(tables: tables),
            log: log,
            metrics: metrics,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        defer { intake.stop() }
        var settings = EdgeSettings()
        (settings.host, settings.port, settings.threads) = ("127.0.0.1", 0, 1)
        settings.trustedProxies = ["127.0.0.0/8"].compactMap { AddressRange($0) }
        let edge = EdgeServer(
            settings,
            intake: intake,
            links: nil,
            visitors: StandardVisitorFacts(tables: tables),
            metrics: metrics,
            readiness: { [] }
        )
        let route = Route(
            id: "l",
            slashtag: "x",
            creatorID: nil,
            workspace: WorkspaceIdentity(number: 1, id: "w", name: "W"),
            domain: DomainIdentity(id: "d", raw: "go.test"),
            destination: "https://own.test/",
            extras: Self.extras
        )
        let domain = DomainEntry(host: "go.test", rootURL: nil, fallbackURL: nil)
        let key = try #require(SlashtagKey("x"))
        await edge.apply([.domain(domain), .link(host: "go.test", key: key, route)])
        try await edge.start()
        let request = """
            GET /x HTTP/1.1\r\nHost: go.test\r\nConnection: close\r\nX-Forwarded-For: 200.160.2.3\r\n\
            Accept-Language: pt-BR\r\nUser-Agent: \(userAgent)\r\n\r\n
            """
        let answer = try await RawExchange.ask(request, of: edge.port).answer
        await edge.stop(grace: .seconds(1))
        guard case .blocks(let blocks) = try await log.read(from: .zero, workspace: nil) else {
            return (answer, "")
        }
        #expect(blocks.map(\.facts.count) == [1])
        return (answer, blocks[0].withEvent(at: 0) { $0.event.text + $0.details.text })
    }

    @Test func `rules decide by what the event says, and the event says by which`() async throws {
        let (answer, event) = try await visit(Self.iPhone)
        #expect(answer.contains("\r\nLocation: https://rule.test/\r\n"))
        #expect(event.contains(#""language":"pt","location":{"country":"br"}"#))
        #expect(event.contains(#""os":{"name":"ios","#))
        #expect(event.contains(#""destination":{"raw":"https://rule.test/","#))
        #expect(event.contains(#""query":null,"rule":"rule-1","variant":null}"#))
    }

    @Test func `who fits no rule is sent to the link's own destination`() async throws {
        let (answer, event) = try await visit("curl/8.5.0")
        #expect(answer.contains("\r\nLocation: https://own.test/\r\n"))
        #expect(event.contains(#""destination":{"raw":"https://own.test/","#))
        #expect(event.contains(#""rule":null,"variant":null}"#))
    }

    @Test func `who is shown a preview is a bot in the event`() async throws {
        let (answer, event) = try await visit("facebookexternalhit/1.1")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("<meta property=\"og:title\" content=\"Spring\">"))
        #expect(event.contains(#""type":"bot""#))
        #expect(event.contains(#""category":"social-preview""#))
        #expect(event.contains(#""destination":{"raw":"https://own.test/","#))
    }
}
