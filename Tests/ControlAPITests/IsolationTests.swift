import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestKit
import Testing

@testable import ControlAPI

/// Every route with every kind of key, and with a key of another workspace.
@Suite struct IsolationTests {
    /// A workspace with one of everything.
    private struct Estate {
        let id: String
        var keys: [AccessKey.Scope: String] = [:]
        /// Ids by the kind of thing.
        var ids: [String: String] = [:]

        /// A route's path with this estate's ids in it.
        func path(of route: RouteAccess) -> String {
            let kind = route.path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            let parts = route.path.split(separator: "/").map { part -> String in
                switch part {
                case ":id": ids[kind] ?? "none"
                case ":mark": ids[route.path.contains("/tags/") ? "tags" : "scripts"] ?? "none"
                case ":rule": ids["rules"] ?? "none"
                case ":app": ids["apps"] ?? "none"
                case ":domain": ids["domains"] ?? "none"
                case ":event": ids["parked"] ?? "none"
                default: String(part)
                }
            }
            return "/" + parts.joined(separator: "/")
        }
    }

    private static func makeEstate(
        _ name: String,
        _ client: any TestClientProtocol,
        _ world: World
    ) async throws -> Estate {
        let made = try await client.call(.post, "/v1/workspaces", #"{"name":"\#(name)"}"#)
        var estate = Estate(id: try #require(made.string("id")))
        estate.ids["workspaces"] = estate.id
        func make(_ kind: String, _ path: String, _ body: String) async throws {
            let answer = try await client.call(.post, path, body, workspace: estate.id)
            #expect(answer.status == 200, "\(path): \(answer.text)")
            estate.ids[kind] = answer.string("id")
        }
        try await make("domains", "/v1/domains", #"{"fullName":"\#(name).test"}"#)
        try await make(
            "links",
            "/v1/links",
            #"{"destination":"https://\#(name).example/","slashtag":"one-\#(name)"}"#
        )
        let link = try #require(estate.ids["links"])
        try await make("tags", "/v1/tags", #"{"name":"tag-\#(name)"}"#)
        try await make("scripts", "/v1/scripts", #"{"name":"script-\#(name)","value":"1"}"#)
        try await make("apps", "/v1/apps", #"{"name":"app-\#(name)","ios":"app://{path}"}"#)
        try await make(
            "rules",
            "/v1/links/\(link)/rules",
            #"""
            {"destination":"https://\#(name).example/ie",
             "condition":{"and":[{"property":"req.country","operator":"in","values":["ie"]}]}}
            """#
        )
        for (kind, path) in [("tags", "tags"), ("scripts", "scripts")] {
            let mark = try #require(estate.ids[kind])
            _ = try await client.call(
                .post,
                "/v1/links/\(link)/\(path)/\(mark)",
                workspace: estate.id
            )
        }
        try await make("preview", "/v1/links/\(link)/opengraph", #"{"title":"\#(name)"}"#)
        try await make(
            "streams",
            "/v1/streams",
            #"""
            {"endpoint":"https://\#(name).example/hook","method":"POST",
             "authentication":{"header":"X","value":"secret-\#(name)"}}
            """#
        )
        for scope in AccessKey.Scope.allCases {
            let answer = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"key-\#(name)","scope":"\#(scope.rawValue)"}"#,
                workspace: estate.id
            )
            estate.keys[scope] = answer.string("key")
            estate.ids["keys"] = answer.string("id")
        }
        estate.ids["plans"] = "Unlimited"
        let stream = EventStream.ID(try #require(estate.ids["streams"]))
        estate.ids["parked"] = "\(try await park(in: stream, world))"
        return estate
    }

    private static func park(in stream: EventStream.ID, _ world: World) async throws -> Int64 {
        let event = ParkedEvent(
            offset: .zero,
            sequence: 1,
            clickedAt: .now,
            format: .rebrandly,
            event: Array("{}".utf8),
            reason: "refused",
            attempts: 1,
            parkedAt: .now
        )
        try await world.log.store(
            DeliveryStep(StreamPosition(stream: stream, checkpoint: .zero), parked: event)
        )
        return try await world.log.parked(of: stream, after: nil, limit: 1).first?.id ?? 1
    }

    /// Everything that a workspace has, as its owner gets it; times that change are none of it.
    private static func everything(
        _ estate: Estate,
        _ client: any TestClientProtocol
    ) async throws -> String {
        let answer = try await client.call(.get, "/v1/workspaces/\(estate.id)/export")
        #expect(answer.status == 200)
        return answer.text
    }

    private static func routes(_ world: World) -> [RouteAccess] {
        world.api()
            .makeRoutes().access
            .filter { $0.access != .open && $0.path != "v1/events/live" }
    }

    /// A body that would change something, were it let.
    private static func body(for route: RouteAccess) -> String? {
        guard route.method != .get else { return nil }
        if route.path == "v1/links", route.method == .put {
            return #"[{"destination":"https://evil.example/"}]"#
        }
        if route.path == "v1/links", route.method == .delete { return #"{"links":[]}"# }
        if route.path == "v1/clicks" { return #"{"url":"https://a.test/x"}"# }
        return #"""
            {"name":"evil","destination":"https://evil.example/","title":"evil","value":"evil","color":"000000",
             "fullName":"evil.test","endpoint":"https://evil.example/","path":"evil","ios":"evil://","favourite":true,
             "condition":{"and":[{"property":"req.country","operator":"in","values":["fr"]}]}}
            """#
    }

    @Test func `scopes include what they are documented to, and no more`() {
        // docs/api.md, "Who may what".
        let documented: [AccessKey.Scope: Set<Access>] = [
            .owner: [.open, .read, .edit, .own, .send],
            .editor: [.open, .read, .edit],
            .reader: [.open, .read],
            .clickSender: [.open, .send],
        ]
        #expect(documented.count == AccessKey.Scope.allCases.count)
        for (scope, allowed) in documented {
            #expect(Set(Access.allCases.filter { $0.includes(scope) }) == allowed, "\(scope)")
        }
    }

    @Test func `a key may do what its scope says, and nothing else`() async throws {
        try await withAPI { client, world in
            let routes = Self.routes(world)
            #expect(routes.count > 80)
            for scope in AccessKey.Scope.allCases {
                let estate = try await Self.makeEstate("a-\(scope.rawValue)", client, world)
                let before = try await Self.everything(estate, client)
                let key = try #require(estate.keys[scope])
                let refused = routes.filter { !$0.access.includes(scope) }
                for route in refused {
                    let path = estate.path(of: route)
                    let answer = try await client.call(
                        route.method,
                        path,
                        Self.body(for: route),
                        key: key
                    )
                    #expect(
                        answer.status == 403,
                        "\(scope) \(route.method) \(path): \(answer.text)"
                    )
                    #expect(answer.code == "Forbidden", "\(scope) \(route.method) \(path)")
                }
                #expect(try await Self.everything(estate, client) == before)
                // What removes comes last, or there would be nothing left to look at.
                let allowed = routes.filter { $0.access.includes(scope) }
                    .sorted { ($0.method == .delete ? 1 : 0) < ($1.method == .delete ? 1 : 0) }
                for route in allowed {
                    let answer = try await client.call(
                        route.method,
                        estate.path(of: route),
                        Self.body(for: route),
                        key: key
                    )
                    #expect(
                        answer.status != 401 && answer.code != "Forbidden",
                        "\(scope) \(route.method) \(route.path): \(answer.text)"
                    )
                    #expect(answer.status < 500, "\(scope) \(route.method) \(route.path)")
                }
            }
        }
    }

    @Test func `a key of one workspace neither sees nor changes anything of another`()
        async throws
    {
        try await withAPI { client, world in
            let mine = try await Self.makeEstate("mine", client, world)
            let theirs = try await Self.makeEstate("theirs", client, world)
            let key = try #require(mine.keys[.owner])
            let before = try await Self.everything(theirs, client)
            for route in Self.routes(world) {
                // Everybody reads plans; they belong to no workspace.
                guard !route.path.hasPrefix("v1/plans") else { continue }
                let path = theirs.path(of: route)
                let named = try await client.call(
                    route.method,
                    path,
                    Self.body(for: route),
                    key: key,
                    workspace: theirs.id
                )
                if !["v1/workspaces", "v1/account/workspaces", "v1/workspaces/count", "v1/sinks"]
                    .contains(route.path)
                {
                    #expect(
                        [403, 404].contains(named.status),
                        "\(route.method) \(path): \(named.text)"
                    )
                }
                Self.requireNothing(of: theirs, in: named, route)
                let answer = try await client.call(
                    route.method,
                    path,
                    Self.body(for: route),
                    key: key
                )
                if route.path.contains(":") {
                    #expect(
                        [403, 404].contains(answer.status),
                        "\(route.method) \(path): \(answer.text)"
                    )
                }
                Self.requireNothing(of: theirs, in: answer, route)
            }
            #expect(try await Self.everything(theirs, client) == before)
            let parked = try await client.call(
                .get,
                "/v1/streams/\(theirs.ids["streams"] ?? "")/parked",
                workspace: theirs.id
            )
            #expect((parked.json as? [Any])?.count == 1)
        }
    }

    @Test func `what is mine takes nothing that is theirs`() async throws {
        try await withAPI { client, world in
            let mine = try await Self.makeEstate("mine", client, world)
            let theirs = try await Self.makeEstate("theirs", client, world)
            let key = try #require(mine.keys[.owner])
            let before = try await Self.everything(theirs, client)
            let own = try #require(mine.ids["links"])
            func id(_ kind: String) -> String { theirs.ids[kind] ?? "" }
            let calls: [(HTTPRequest.Method, String, String?)] = [
                (.post, "/v1/links/\(own)/tags/\(id("tags"))", nil),
                (.delete, "/v1/links/\(own)/tags/\(id("tags"))", nil),
                (.post, "/v1/links/\(own)/scripts/\(id("scripts"))", nil),
                (.post, "/v1/links/\(own)/apps/\(id("apps"))", #"{"path":"x"}"#),
                (.delete, "/v1/links/\(own)/apps/\(id("apps"))", nil),
                (.get, "/v1/links/\(own)/rules/\(id("rules"))", nil),
                (
                    .post, "/v1/links/\(own)/rules/\(id("rules"))",
                    #"{"destination":"https://e.test/"}"#
                ),
                (.delete, "/v1/links/\(own)/rules/\(id("rules"))", nil),
                (.post, "/v1/links/\(own)", #"{"tags":[{"id":"\#(id("tags"))"}]}"#),
                (.post, "/v1/links/\(own)", #"{"scripts":[{"id":"\#(id("scripts"))"}]}"#),
                (
                    .post, "/v1/links",
                    #"{"destination":"https://e.test/","domain":{"id":"\#(id("domains"))"}}"#
                ),
                (
                    .post, "/v1/links",
                    #"{"destination":"https://e.test/","domain":{"fullName":"theirs.test"}}"#
                ),
                (.put, "/v1/links", #"[{"id":"\#(id("links"))","destination":"https://e.test/"}]"#),
                (
                    .put, "/v1/links",
                    #"[{"id":"\#(own)","title":"x"},{"id":"\#(id("links"))","title":"x"}]"#
                ),
                (.post, "/v1/streams/\(mine.ids["streams"] ?? "")/parked/999/retry", nil),
                (.get, "/v1/events?stream=\(id("streams"))", nil),
            ]
            for (method, path, body) in calls {
                let answer = try await client.call(method, path, body, key: key)
                #expect([403, 404].contains(answer.status), "\(method) \(path): \(answer.text)")
            }
            let gone = #"{"links":["\#(id("links"))"]}"#
            let deleted = try await client.call(.delete, "/v1/links", gone, key: key)
            #expect(deleted.integer("count") == 0)
            #expect(try await Self.everything(theirs, client) == before)
            let left = try await client.call(.get, "/v1/links/\(own)", key: key)
            #expect(left.string("title") == "", "one of two was changed: \(left.text)")
        }
    }

    /// Neither a name nor a secret of the other workspace is in the answer.
    private static func requireNothing(of estate: Estate, in answer: Answer, _ route: RouteAccess) {
        for word in [
            "theirs.test", "tag-theirs", "script-theirs", "app-theirs", "secret-theirs",
            "key-theirs",
        ] {
            #expect(!answer.text.contains(word), "\(route.method) \(route.path): \(answer.text)")
        }
    }
}
