import ClickModel
import Synchronization
import Testing

@testable import Edge

/// A server on a free port of this machine, with one event loop and a few links.
struct EdgeFixture: Sendable {
    let intake: RecordingIntake
    let metrics = ServiceMetrics()
    let server: EdgeServer

    static let host = "go.test"

    static func route(
        _ id: String,
        to destination: String,
        forwardsParameters: Bool = false,
        extras: RouteExtras? = nil
    ) -> Route {
        Route(
            id: id,
            slashtag: id,
            creatorID: nil,
            workspace: WorkspaceIdentity(number: 1, id: nil, name: nil),
            domain: DomainIdentity(id: nil, raw: host),
            destination: destination,
            forwardsParameters: forwardsParameters,
            extras: extras
        )
    }

    static func link(_ slashtag: String, to destination: String) throws -> DirectoryChange {
        let key = try #require(SlashtagKey(slashtag))
        return .link(host: host, key: key, route(slashtag, to: destination))
    }

    private init(
        intake: RecordingIntake,
        links: (any LinkSource)?,
        visitors: (any VisitorFacts)?,
        _ settings: EdgeSettings
    ) {
        self.intake = intake
        server = EdgeServer(
            settings,
            intake: intake,
            links: links,
            visitors: visitors,
            metrics: metrics,
            readiness: { [] }
        )
    }

    /// Runs `body` with a server, and stops that.
    static func run(
        _ intake: RecordingIntake = RecordingIntake(),
        links: (any LinkSource)? = nil,
        visitors: (any VisitorFacts)? = nil,
        settings change: (inout EdgeSettings) -> Void = { _ in },
        _ body: (EdgeFixture) async throws -> Void
    ) async throws {
        var settings = EdgeSettings()
        settings.host = "127.0.0.1"
        settings.port = 0
        settings.threads = 1
        change(&settings)
        let fixture = EdgeFixture(intake: intake, links: links, visitors: visitors, settings)
        let plain = DomainEntry(host: host, rootURL: nil, fallbackURL: nil)
        let rich = DomainEntry(
            host: "rich.test",
            rootURL: "https://root.test/",
            fallbackURL: "https://fallback.test/"
        )
        let watched = ["watched.test": nil, "watched-rich.test": "https://fallback.test/"].map {
            DirectoryChange.domain(
                DomainEntry(
                    host: $0,
                    rootURL: nil,
                    fallbackURL: $1,
                    orphans: OrphanOwner(
                        workspace: WorkspaceIdentity(number: 7, id: "w", name: "W"),
                        domain: DomainIdentity(id: "d", raw: $0)
                    )
                )
            )
        }
        let key = try #require(SlashtagKey("f"))
        await fixture.server.load(
            watched + [
                .domain(plain), .domain(rich), try link("a", to: "https://a.test/"),
                try link("b", to: "https://b.test/"),
                .link(
                    host: host,
                    key: key,
                    route("f", to: "https://f.test/?x=1#end", forwardsParameters: true)
                ),
            ]
        )
        try await fixture.server.start()
        do {
            try await body(fixture)
        } catch {
            await fixture.server.stop(grace: .seconds(1))
            throw error
        }
        await fixture.server.stop(grace: .seconds(5))
    }

    /// Adds a link `x` with extras.
    func add(
        _ extras: RouteExtras,
        to destination: String = "https://own.test/",
        forwardsParameters: Bool = false
    ) async throws {
        let key = try #require(SlashtagKey("x"))
        let route = Self.route(
            "x",
            to: destination,
            forwardsParameters: forwardsParameters,
            extras: extras
        )
        await server.apply([.link(host: Self.host, key: key, route)])
    }

    func visitor() throws -> Visitor { try Visitor(port: server.port) }

    /// One request on a connection of its own.
    func ask(_ path: String, host: String = host, method: String = "GET") async throws -> Answer {
        let visitor = try visitor()
        try await visitor.send(Self.request(method, path, host: host))
        return try await visitor.answer(toHead: method == "HEAD")
    }

    /// The same with some header fields.
    func ask(_ path: String, method: String = "GET", _ fields: [String]) async throws -> Answer {
        let visitor = try visitor()
        let lines = fields.map { "\($0)\r\n" }.joined()
        try await visitor.send(
            "\(method) \(path) HTTP/1.1\r\nHost: \(Self.host)\r\n\(lines)\r\n"
        )
        return try await visitor.answer(toHead: method == "HEAD")
    }

    static func request(
        _ method: String = "GET",
        _ path: String,
        host: String = host,
        _ fields: String...
    ) -> String {
        let lines = fields.map { "\($0)\r\n" }.joined()
        return "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(lines)\r\n"
    }
}

/// A catalog that answers from a dictionary, when a test lets it.
final class ScriptedSource: LinkSource {
    struct Down: Error {}

    private struct State {
        var routes: [String: Route] = [:]
        var asked: [String] = []
        var isDown = false
        /// Called within a look-up, after the old answer was read: what comes then overtakes it.
        var meanwhile: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var asked: [String] { state.withLock { $0.asked } }

    func set(_ slashtag: String, _ route: Route?) {
        state.withLock { $0.routes["\(EdgeFixture.host)/\(slashtag)"] = route }
    }

    func fail(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func meanwhile(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.meanwhile = body }
    }

    func routes(_ names: [LinkName]) throws -> [Route?] { try names.map(route) }

    private func route(_ link: LinkName) throws -> Route? {
        let name = "\(link.host)/\(String(decoding: link.key.bytes, as: UTF8.self))"
        let (answer, meanwhile) = try state.withLock { state in
            state.asked.append(name)
            guard !state.isDown else { throw Down() }
            defer { state.meanwhile = nil }
            return (state.routes[name], state.meanwhile)
        }
        meanwhile?()
        return answer
    }
}
