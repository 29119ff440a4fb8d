package import Catalog
package import ClickModel

/// What the API speaks to, and the settings it needs.
package struct Surroundings: Sendable {
    package let catalog: Catalog
    package let log: any EventLog
    package let ledger: any DeliveryLedger
    package let providers: [any SinkProvider]
    package let metrics: ServiceMetrics
    /// Brings delivery in line with the streams there are; called after each change of them.
    package let reloadStreams: @Sendable () async -> Void
    /// Sends one parked event again.
    package let retryParked: @Sendable (ParkedEvent, EventStream) async throws -> DeliveryOutcome
    /// Finds what a replay from a time to a time would send; nil for nothing.
    package let planReplay: @Sendable (EventStream, Timestamp, Timestamp) async throws -> Replay?
    /// Puts clicks from elsewhere into the log; returns once they are on disk or shed.
    package let recordClicks: @Sendable (ClickDelivery) async -> ClickReport
    /// The key that may do everything.
    package let adminKey: String
    /// Whether a new stream waits for `approve`.
    package let needsApproval: Bool
    /// How long the log keeps events: no stream can ask for longer.
    package let retention: Duration
    /// How many times a second a key may ask; 0 for as often as it likes.
    package let rateLimit: Int
    /// Origins whose pages may read answers.
    package let allowedOrigins: Set<String>
    /// Whether visitors reach short links by https.
    package let servesHTTPS: Bool
    /// How the service is.
    package let health: @Sendable () async -> HealthReport
    /// How often a live stream without events says that it is alive.
    package let heartbeat: Duration
    /// How long a live stream's listener may leave unread what was sent to it.
    package let listenerPatience: Duration

    package init(
        catalog: Catalog,
        log: any EventLog,
        ledger: any DeliveryLedger,
        providers: [any SinkProvider],
        metrics: ServiceMetrics,
        reloadStreams: @escaping @Sendable () async -> Void,
        retryParked:
            @escaping @Sendable (ParkedEvent, EventStream) async throws ->
            DeliveryOutcome,
        planReplay:
            @escaping @Sendable (EventStream, Timestamp, Timestamp) async throws ->
            Replay?,
        recordClicks: @escaping @Sendable (ClickDelivery) async -> ClickReport,
        adminKey: String,
        needsApproval: Bool = false,
        retention: Duration = .seconds(7 * 86_400),
        rateLimit: Int = 0,
        allowedOrigins: Set<String> = [],
        servesHTTPS: Bool = false,
        heartbeat: Duration = .seconds(15),
        listenerPatience: Duration = .seconds(30),
        health: @escaping @Sendable () async -> HealthReport
    ) {
        self.catalog = catalog
        self.log = log
        self.ledger = ledger
        self.providers = providers
        self.metrics = metrics
        self.reloadStreams = reloadStreams
        self.retryParked = retryParked
        self.planReplay = planReplay
        self.recordClicks = recordClicks
        self.adminKey = adminKey
        self.needsApproval = needsApproval
        self.retention = retention
        self.rateLimit = rateLimit
        self.allowedOrigins = allowedOrigins
        self.servesHTTPS = servesHTTPS
        self.heartbeat = heartbeat
        self.listenerPatience = listenerPatience
        self.health = health
    }
}

/// How the service is.
package struct HealthReport: Hashable, Sendable {
    /// What keeps it from being ready, a sentence each; empty when it is.
    package let problems: [String]

    package init(problems: [String] = []) { self.problems = problems }
}
