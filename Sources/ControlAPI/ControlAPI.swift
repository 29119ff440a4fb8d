import Catalog
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore

/// The control port: the JSON API over the catalog, the log and delivery.
package struct ControlAPI: Sendable {
    private static let idleTimeout = TimeAmount.seconds(60)
    private static let mostConnections = 2048
    private static let largestHead = 32 << 10

    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// Every route there is.
    ///
    /// Health, metrics and the description of the API are open, as probes and Prometheus expect: the port is bound to
    /// loopback unless the operator says otherwise. All else stands behind the check of keys, also what isn't there.
    package func makeRouter() -> Router<ControlContext> { makeRoutes().router }

    /// The router, and what each route asks of who calls it.
    func makeRoutes() -> (router: Router<ControlContext>, access: [RouteAccess]) {
        let router = Router(context: ControlContext.self)
        var access: [RouteAccess] = []
        let routes = Routes(router: router) {
            access.append(RouteAccess(method: $0, path: $1, access: $2))
        }
        router.add(middleware: BrowserRules(origins: surroundings.allowedOrigins))
        router.add(middleware: ErrorAnswers())
        HealthRoutes(surroundings).add(to: routes)
        MetricsRoute(surroundings).add(to: routes)
        DescriptionRoute().add(to: routes)
        router.add(
            middleware: Authentication(
                catalog: surroundings.catalog,
                adminKey: surroundings.adminKey
            )
        )
        router.add(middleware: RateLimit(rate: surroundings.rateLimit))
        AccountRoutes(surroundings).add(to: routes)
        WorkspaceRoutes(surroundings).add(to: routes)
        PlanRoutes(surroundings).add(to: routes)
        DomainRoutes(surroundings).add(to: routes)
        LinkRoutes(surroundings).add(to: routes)
        LinkExtraRoutes(surroundings).add(to: routes)
        MarkRoutes(.tag, surroundings).add(to: routes)
        MarkRoutes(.script, surroundings).add(to: routes)
        AppRoutes(surroundings).add(to: routes)
        StreamRoutes(surroundings).add(to: routes)
        DeliveryRoutes(surroundings).add(to: routes)
        KeyRoutes(surroundings).add(to: routes)
        AuditRoutes(surroundings).add(to: routes)
        EventRoutes(surroundings).add(to: routes)
        ClickRoutes(surroundings).add(to: routes)
        return (router, access)
    }

    /// The service that listens on the control port until it is shut down gracefully.
    ///
    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: The port; 0 for any free one.
    ///   - eventLoops: Where it runs.
    ///   - logger: What it logs to.
    ///   - onRunning: Called with the port, once it listens.
    /// - Returns: A service for the group that runs all others.
    package func makeApplication(
        host: String,
        port: Int,
        eventLoops: EventLoopGroupProvider = .singleton,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> Application<RouterResponder<ControlContext>> {
        Application(
            router: makeRouter(),
            server: .http1(
                configuration: .init(
                    idleTimeout: Self.idleTimeout,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.largestHead,
                        maxHeaderListSize: Self.largestHead,
                        maxHeaderFieldCount: 200
                    )
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: nil,
                availableConnectionsDelegate: .maximum(Self.mostConnections, logger: logger)
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: eventLoops,
            logger: logger
        )
    }
}

/// A route, and what it asks of who calls it.
struct RouteAccess: Sendable {
    let method: HTTPRequest.Method
    let path: String
    let access: Access
}
