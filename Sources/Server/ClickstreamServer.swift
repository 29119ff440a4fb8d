import Catalog
import ClickModel
import ControlAPI
import Delivery
import Edge
import EmbeddedLog
import Enrichment
import Foundation
import Ingest
import Logging
import NIOCore
import ServiceLifecycle
import Sinks
import UnixSignals

/// The service: makes every room, joins them, and runs until it is told to stop.
package struct ClickstreamServer: Sendable {
    private let settings: ServerSettings
    private let logger: Logger
    private let metrics = ServiceMetrics()
    private let adminKey: String
    private let geo: GeoSource
    private let catalog: Catalog
    private let log: EmbeddedLog
    private let intake: Intake
    private let recorder: ClickRecorder
    private let supervisor: DeliverySupervisor
    private let providers: [any SinkProvider]
    private let watch: ExpiryWatch
    /// Nil where nobody asked to be told.
    private let notifier: Notifier?
    private let edge: EdgeServer

    /// How long stopping may take before what is left is cut off.
    private static let graceToFinish = Duration.seconds(3)
    private static let graceToStop = Duration.seconds(9)

    /// Runs the service until SIGTERM or SIGINT.
    ///
    /// - Parameters:
    ///   - settings: The configuration.
    ///   - isDemo: Whether to add a demo workspace and a receiver that shows its batches.
    /// - Throws: What keeps it from starting.
    package static func run(_ settings: ServerSettings, isDemo: Bool) async throws {
        MemorySettings.keepFreedMemory()
        // What is made from here on is for the service's own eyes: events, keys, and the folder itself.
        umask(0o077)
        var settings = settings
        if isDemo { settings.allowLoopback() }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "clickstream")
        logger.logLevel = isDemo ? max(settings.loggingLevel, .error) : settings.loggingLevel
        let server = try ClickstreamServer(settings, logger)
        try await server.run(isDemo: isDemo)
    }

    private init(_ settings: ServerSettings, _ logger: Logger) throws {
        var settings = settings
        let directory = settings.directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
        } catch {
            throw StartError(
                "data.directory \(directory) can't be made: \(error.localizedDescription)"
            )
        }
        try DataLock.take(directory)
        settings.edge.maximumConnections = DescriptorLimit.connections(
            wanted: settings.edge.maximumConnections,
            logger: logger
        )
        if settings.edge.threads == 0, let cores = UsableCores.count {
            settings.edge.threads = min(cores, System.coreCount)
        }
        self.settings = settings
        self.logger = logger
        adminKey = try StoredSecrets.adminKey(
            configured: settings.adminKey,
            directory: directory
        )
        let tables = try Tables(
            in: TablesLocation.find(configured: settings.tablesDirectory),
            geoDatabase: settings.geoDatabase,
            crawlerRanges: settings.crawlerRanges
        )
        geo = tables.geo
        let catalog = try Catalog(settings.catalog(in: directory))
        self.catalog = catalog
        let log = try EmbeddedLog(
            path: "\(directory)/log.db",
            settings: settings.log,
            metrics: metrics
        )
        self.log = log
        intake = Intake(
            encoder: try StandardEncoder(tables: tables, settings: settings.encoder, store: log),
            log: log,
            metrics: metrics,
            logger: logger
        )
        recorder = ClickRecorder(intake: intake, links: catalog)
        let addressGuard = AddressGuard(allowed: settings.allowedNetworks)
        providers = SinkRegistry.providers(
            addressGuard: addressGuard,
            fileDirectory: settings.fileDirectory
        )
        let surroundings = DeliverySurroundings(
            log: log,
            ledger: log,
            streams: catalog,
            metrics: metrics,
            logger: logger
        )
        supervisor = DeliverySupervisor(in: surroundings, providers: providers)
        watch = ExpiryWatch(in: surroundings, retention: settings.log.retention)
        notifier = try settings.notifyEndpoint.map { endpoint in
            let secret = try StoredSecrets.notifySecret(
                configured: settings.notifySecret,
                directory: directory
            )
            let provider = WebhookProvider(addressGuard: addressGuard)
            guard
                let sink = provider.makeNoticeSink(to: endpoint, secret: SigningSecret(secret))
            else {
                throw StartError(
                    "streams.notify can't be used: \(endpoint) is no http or https URL that can be called"
                )
            }
            return Notifier(catalog, to: sink, logger: logger)
        }
        edge = EdgeServer(
            settings.edge,
            intake: intake,
            links: catalog,
            visitors: StandardVisitorFacts(tables: tables),
            metrics: metrics,
            readiness: { Self.problems(of: log) }
        )
    }

    /// What keeps the service from being ready.
    private static func problems(of log: EmbeddedLog) -> [String] {
        log.failure.map { ["the log can't take clicks (\($0)): redirects go on, clicks are shed"] }
            ?? []
    }

    private func run(isDemo: Bool) async throws {
        let started = ContinuousClock.now
        try await loadLinks()
        let demo = isDemo ? try await makeDemo() : nil
        // The receiver listens before delivery is told of any stream: the demo's own is made just now, and a
        // test delivery that is refused is not tried again.
        let receiver = try await demo?.startReceiver()
        defer { receiver?.cancel() }
        try await StreamStarts.bringInside(log, of: catalog, logger)
        let supervisor = supervisor
        catalog.observeStreams {
            // Told from inside a change of the catalog, which must not wait for delivery.
            Task { await supervisor.reload() }
        }
        catalog.observeNotices { [notifier] in notifier?.wake() }
        await supervisor.reload()
        // Until the stage of theirs cancels it.
        let usage = UsageWatch(catalog, log, logger)
        let counter = LinkCounter(catalog, log, logger) { [intake] in await intake.takeLinkCounts()
        }
        let telling = Task { [watch, notifier] in
            async let watching: Void = watch.run()
            async let using: Void = usage.run()
            async let counting: Void = counter.run()
            await notifier?.run()
            await watching
            await using
            await counting
        }
        defer { telling.cancel() }
        try await edge.start()
        logger.notice(
            "started",
            metadata: [
                "edge": "\(edge.port)", "control": "\(settings.controlPort)",
                "data": "\(settings.directory)", "events": "\(log.bounds.upperBound.value)",
                "took": "\(ContinuousClock.now - started)",
            ]
        )
        let api = api()
        let application = api.makeApplication(
            host: settings.controlHost,
            port: settings.controlPort,
            logger: logger,
            onRunning: { [edge, logger] port in
                MemorySettings.letGoOfStart()
                logger.info("the control port listens", metadata: ["port": "\(port)"])
                guard let demo else { return }
                print(demo.greeting(edgePort: edge.port, controlPort: port))
                fflush(nil)
            }
        )
        var group = ServiceGroupConfiguration(
            services: stages(telling) + [
                .init(
                    service: GeoWatch(
                        geo: geo,
                        metrics: metrics,
                        logger: logger,
                        takesSignal: !isDemo
                    )
                ),
                .init(service: application, failureTerminationBehavior: .gracefullyShutdownGroup),
                .init(
                    service: Stage("edge", logger) { [edge] in
                        await edge.stop(grace: Self.graceToFinish)
                    }
                ),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = Self.graceToStop
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            // The group's error says little more than that a service failed; the port is the usual cause.
            let words = (error as? IOError).map { SystemError.words(for: $0.errnoCode) }
            throw StartError(
                "the control port \(settings.controlHost):\(settings.controlPort) can't be served: "
                    + "\(words ?? "\(error)") (control.host, control.port)"
            )
        }
        logger.notice("stopped")
    }

    /// The parts in the order in which they were started; they stop in reverse.
    private func stages(_ telling: Task<Void, Never>) -> [ServiceGroupConfiguration
        .ServiceConfiguration]
    {
        let (catalog, log, intake, supervisor) = (catalog, log, intake, supervisor)
        return [
            .init(service: Stage("catalog", logger) { try? catalog.close() }),
            .init(
                service: Stage("log", logger) {
                    intake.stop()
                    log.close()
                }
            ),
            .init(
                service: Stage("notices", logger) {
                    telling.cancel()
                    await telling.value
                }
            ),
            .init(
                service: Stage("delivery", logger) {
                    await supervisor.stop(grace: Self.graceToFinish)
                }
            ),
        ]
    }

    private func makeDemo() async throws -> Demo {
        guard let webhook = providers.first(where: { $0.kind == "webhook" }) else {
            throw StartError("the demo needs the sink webhook")
        }
        return try await Demo(catalog, log, webhook, receiverPort: settings.controlPort + 1)
    }

    private func loadLinks() async throws {
        catalog.observeDirectory { [edge] changes in await edge.apply(changes) }
        try await catalog.allDirectoryChanges(most: settings.edge.linkMemory) { [edge] changes in
            await edge.apply(changes)
        }
    }

    private func api() -> ControlAPI {
        let (supervisor, recorder) = (supervisor, recorder)
        return ControlAPI(
            Surroundings(
                catalog: catalog,
                log: log,
                ledger: log,
                providers: providers,
                metrics: metrics,
                reloadStreams: { await supervisor.reload() },
                retryParked: { try await supervisor.retry($0, of: $1) },
                planReplay: { try await supervisor.planReplay(of: $0, from: $1, to: $2) },
                recordClicks: { await recorder.record($0) },
                adminKey: adminKey,
                needsApproval: settings.needsApproval,
                retention: settings.log.retention,
                rateLimit: settings.rateLimit,
                allowedOrigins: settings.allowedOrigins,
                health: { [log] in HealthReport(problems: Self.problems(of: log)) }
            )
        )
    }
}
