import Catalog
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
    /// Health and metrics are open, as probes and Prometheus expect: the port is bound to loopback
    /// unless the operator says otherwise. All else stands behind the check of keys, also what
    /// isn't there.
    package func makeRouter() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorAnswers())
        HealthRoutes(surroundings).add(to: router)
        MetricsRoute(surroundings).add(to: router)
        router.add(
            middleware: Authentication(
                catalog: surroundings.catalog,
                adminKey: surroundings.adminKey
            )
        )
        AccountRoutes(surroundings).add(to: router)
        WorkspaceRoutes(surroundings).add(to: router)
        PlanRoutes(surroundings).add(to: router)
        DomainRoutes(surroundings).add(to: router)
        LinkRoutes(surroundings).add(to: router)
        StreamRoutes(surroundings).add(to: router)
        DeliveryRoutes(surroundings).add(to: router)
        KeyRoutes(surroundings).add(to: router)
        EventRoutes(surroundings).add(to: router)
        ClickRoutes(surroundings).add(to: router)
        return router
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
