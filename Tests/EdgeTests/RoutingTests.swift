import ClickModel
import TestKit
import Testing

@testable import Edge

@Suite struct RoutingTests {
    private typealias Condition = RoutingRule.Condition

    private static func rule(_ id: String, _ conditions: Condition...) -> RoutingRule {
        RoutingRule(id: id, destination: "https://\(id).test/", conditions: conditions)
    }

    private static func trust(_ settings: inout EdgeSettings) {
        settings.trustedProxies = ["127.0.0.1/32"].compactMap { AddressRange($0) }
    }

    private static let brazil = "X-Forwarded-For: 1.2.3.4"
    private static let germany = "X-Forwarded-For: 2.2.3.4"
    private static let nowhere = "X-Forwarded-For: 9.9.9.9"
    private static let iPhone = "User-Agent: ios smartphone"

    /// Where a link with these extras sends a visitor, and what its click says.
    private func visit(
        _ extras: RouteExtras,
        _ fields: [String],
        path: String = "/x",
        visitors: ScriptedVisitors? = ScriptedVisitors()
    ) async throws -> (location: String?, click: SeenClick?) {
        var seen: (String?, SeenClick?)
        try await EdgeFixture.run(visitors: visitors, settings: Self.trust) { edge in
            try await edge.add(extras, forwardsParameters: true)
            let answer = try await edge.ask(path, fields)
            #expect(answer.status == 302)
            #expect(edge.intake.clicks.count == 1 && edge.metrics.redirects.value == 1)
            seen = (answer.location, edge.intake.clicks.first)
        }
        return seen
    }

    private static let cases: [(Condition, [String], Bool)] = [
        (Condition(.country, values: ["de", "br"]), [brazil], true),
        (Condition(.country, values: ["de", "br"]), [germany], true),
        (Condition(.country, values: ["de"]), [brazil], false),
        (Condition(.country, isNegated: true, values: ["de"]), [brazil], true),
        (Condition(.country, isNegated: true, values: ["de", "br"]), [brazil], false),
        (Condition(.country, values: ["de", ""]), [nowhere], false),
        (Condition(.country, isNegated: true, values: ["de"]), [nowhere], true),
        // Whom the last proxy names counts, and an address that is none is unknown.
        (Condition(.country, values: ["br"]), ["X-Forwarded-For: 2.2.2.2, 1.1.1.1"], true),
        (Condition(.country, values: ["br"]), ["X-Forwarded-For: 1.1.1.1, 2.2.2.2"], false),
        (Condition(.country, values: ["br"]), ["X-Forwarded-For: hidden"], false),
        (Condition(.country, isNegated: true, values: ["br"]), ["X-Forwarded-For: hidden"], true),
        (Condition(.language, values: ["pt"]), ["Accept-Language: pt-BR"], true),
        (Condition(.language, values: ["pt"]), ["Accept-Language: de"], false),
        (Condition(.language, values: ["pt"]), [], false),
        (Condition(.language, isNegated: true, values: ["pt"]), ["Accept-Language: de"], true),
        (Condition(.language, isNegated: true, values: ["pt"]), [], true),
        (Condition(.system, values: ["android", "ios"]), [iPhone], true),
        (Condition(.system, values: ["android"]), [iPhone], false),
        (Condition(.system, values: ["ios"]), [], false),
        (Condition(.system, isNegated: true, values: ["ios"]), [iPhone], false),
        (Condition(.system, isNegated: true, values: ["ios"]), ["User-Agent: - desktop"], true),
        (Condition(.device, values: ["smartphone"]), [iPhone], true),
        (Condition(.device, values: ["tablet"]), [iPhone], false),
        (Condition(.device, isNegated: true, values: ["tablet"]), [iPhone], true),
        (Condition(.device, isNegated: true, values: ["tablet"]), ["User-Agent: ios"], true),
        (Condition(.device, values: []), [iPhone], false),
        (Condition(.device, isNegated: true, values: []), [iPhone], true),
    ]

    @Test(arguments: cases)
    func `a rule sends its visitors elsewhere, and the click says so`(
        condition: RoutingRule.Condition,
        fields: [String],
        holds: Bool
    ) async throws {
        let seen = try await visit(RouteExtras(rules: [Self.rule("r", condition)]), fields)
        #expect(seen.location == (holds ? "https://r.test/" : "https://own.test/"))
        #expect(seen.click?.location == (holds ? "https://r.test/" : nil))
        #expect(seen.click?.rule == (holds ? "r" : nil))
    }

    @Test func `the first rule that holds decides, and all its conditions must`() async throws {
        let extras = RouteExtras(rules: [
            Self.rule(
                "both",
                Condition(.country, values: ["br"]),
                Condition(.language, values: ["pt"])
            ), Self.rule("country", Condition(.country, values: ["br"])),
            Self.rule("language", Condition(.language, values: ["pt"])),
        ])
        let portuguese = "Accept-Language: pt"
        for (fields, expected) in [
            ([Self.brazil, portuguese], "both"), ([Self.brazil], "country"),
            ([portuguese], "language"), ([Self.germany], nil),
        ] {
            let seen = try await visit(extras, fields)
            #expect(seen.click?.rule == expected)
            #expect(seen.location == "https://\(expected ?? "own").test/")
        }
    }

    @Test func `a rule without conditions holds for everybody, facts or none`() async throws {
        let extras = RouteExtras(rules: [
            Self.rule("never", Condition(.country, isNegated: true, values: ["br"])),
            Self.rule("all"),
        ])
        #expect(try await visit(extras, [Self.brazil]).click?.rule == "all")
        #expect(try await visit(extras, [Self.germany], visitors: nil).click?.rule == "all")
        let apps = RouteExtras(
            rules: [extras.rules[0]],
            apps: [AppDestination(system: "ios", destination: "https://app.test/")],
            preview: LinkPreview(title: "T")
        )
        let seen = try await visit(apps, ["User-Agent: ios smartphone preview"], visitors: nil)
        #expect(seen.location == "https://own.test/")
    }

    @Test func `without a rule that holds, systems have destinations of their own`() async throws {
        let extras = RouteExtras(
            rules: [Self.rule("r", Condition(.country, values: ["br"]))],
            apps: [
                AppDestination(system: "android", destination: "market://details?id=a"),
                AppDestination(system: "ios", destination: "https://app.test/"),
            ]
        )
        for (fields, location, rule) in [
            ([Self.iPhone], "https://app.test/", nil),
            (["User-Agent: android tablet"], "market://details?id=a", nil),
            ([Self.iPhone, Self.brazil], "https://r.test/", "r"),
        ] {
            let seen = try await visit(extras, fields)
            #expect(seen.location == location)
            #expect(seen.click?.location == location && seen.click?.rule == rule)
        }
        let other = try await visit(extras, ["User-Agent: windows desktop"])
        #expect(other.location == "https://own.test/" && other.click?.location == nil)
        #expect(try await visit(extras, []).location == "https://own.test/")
    }

    @Test func `parameters are forwarded to where the visitor is really sent`() async throws {
        let extras = RouteExtras(
            rules: [
                RoutingRule(
                    id: "r",
                    destination: "https://r.test/?a=1#end",
                    conditions: [Condition(.country, values: ["br"])]
                )
            ],
            apps: [AppDestination(system: "ios", destination: "https://app.test/")]
        )
        for (fields, location) in [
            ([Self.brazil], "https://r.test/?a=1&b=2#end"),
            ([Self.iPhone], "https://app.test/?b=2"),
            ([], "https://own.test/?b=2"),
        ] {
            let seen = try await visit(extras, fields, path: "/x?b=2")
            #expect(seen.location == location && seen.click?.location == location)
            #expect(seen.click?.query == "b=2")
        }
    }

    @Test func `parameters stay behind where the link forwards none`() async throws {
        try await EdgeFixture.run(visitors: ScriptedVisitors(), settings: Self.trust) { edge in
            try await edge.add(RouteExtras(rules: [Self.rule("r")]))
            #expect(try await edge.ask("/x?b=2", []).location == "https://r.test/")
            #expect(edge.intake.clicks.map(\.location) == ["https://r.test/"])
        }
    }

    @Test func `HEAD is sent where GET is, and is no click`() async throws {
        try await EdgeFixture.run(visitors: ScriptedVisitors(), settings: Self.trust) { edge in
            let conditions = [Condition(.country, values: ["br"])]
            try await edge.add(
                RouteExtras(
                    rules: [
                        RoutingRule(id: "r", destination: "https://r.test/", conditions: conditions)
                    ],
                    apps: [AppDestination(system: "ios", destination: "https://app.test/")]
                )
            )
            for (field, location) in [
                (Self.brazil, "https://r.test/"), (Self.iPhone, "https://app.test/"),
                (Self.germany, "https://own.test/"),
            ] {
                let answer = try await edge.ask("/x", method: "HEAD", [field])
                #expect(answer.status == 302 && answer.location == location)
            }
            #expect(edge.intake.clicks.isEmpty)
        }
    }

    @Test func `a program is looked at once, and only where somebody asks for it`() async throws {
        let visitors = ScriptedVisitors()
        try await EdgeFixture.run(visitors: visitors, settings: Self.trust) { edge in
            try await edge.add(
                RouteExtras(rules: [Self.rule("r", Condition(.country, values: ["br"]))])
            )
            _ = try await edge.ask("/x", [Self.brazil, Self.iPhone])
            #expect(visitors.agentsAsked == 0)
            try await edge.add(
                RouteExtras(rules: [Self.rule("r", Condition(.system, values: ["ios"]))])
            )
            for fields in [[Self.iPhone], [Self.iPhone, Self.brazil]] {
                #expect(try await edge.ask("/x", fields).location == "https://r.test/")
            }
            #expect(visitors.agentsAsked == 1)
            // A hint is a part of what describes a program.
            _ = try await edge.ask("/x", [Self.iPhone, "Sec-CH-UA-Model: \"K\""])
            _ = try await edge.ask("/x", ["User-Agent: \(String(repeating: "y", count: 3000))"])
            _ = try await edge.ask("/x", ["User-Agent: \(String(repeating: "y", count: 3000))"])
            #expect(visitors.agentsAsked == 4)
            #expect(try await edge.ask("/a", [Self.iPhone]).location == "https://a.test/")
            #expect(visitors.agentsAsked == 4)
        }
    }

    @Test func `whatever a request holds, something is chosen`() {
        var random = SeededRandom(for: "routing")
        let chooser = RouteChooser(ScriptedVisitors())
        let extras = RouteExtras(
            rules: Condition.Property.allCases.map {
                Self.rule("r", Condition($0, values: [""]))
            },
            apps: [AppDestination(system: "ios", destination: "https://app.test/")],
            preview: LinkPreview(title: "T")
        )
        for _ in 0..<2000 {
            let fields = ClickHeader.allCases.map { header in
                let value = random.bytes(upTo: 60).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
                return Array("\(header.name): ".utf8) + value + Array("\r\n".utf8)
            }
            let text =
                Array("GET /x HTTP/1.1\r\nHost: a\r\n".utf8) + fields.joined() + [0x0D, 0x0A]
            let choice = text.withUnsafeBufferPointer { bytes -> RouteChoice? in
                guard let head = try? RequestParser.parse(bytes) else { return nil }
                return chooser.choice(of: .sample, extras, for: head, from: nil)
            }
            #expect(choice != nil)
        }
    }
}
