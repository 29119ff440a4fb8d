internal import Synchronization

/// A number that only grows, safe to add to from any thread.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    package func add(_ amount: Int = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// A number that goes up and down.
package final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    package init() {}

    package var value: Int { level.load(ordering: .relaxed) }

    package func add(_ amount: Int) { level.wrappingAdd(amount, ordering: .relaxed) }

    package func set(_ value: Int) { level.store(value, ordering: .relaxed) }
}

/// What the service counts about itself: one place, so that `/metrics` shows all of it.
package final class ServiceMetrics: Sendable {
    // The edge.
    package let redirects = Counter()
    package let unknownLinks = Counter()
    package let refusedRequests = Counter()
    package let refusedConnections = Counter()
    package let openConnections = Gauge()
    // Intake and log.
    package let clicksRecorded = Counter()
    package let clicksShedByOverload = Counter()
    package let clicksShedByLog = Counter()
    package let clicksShedByStopping = Counter()
    package let commits = Counter()
    package let commitFailures = Counter()
    // Enrichment.
    package let geoReloads = Counter()
    package let geoReloadFailures = Counter()
    // Delivery.
    package let eventsDelivered = Counter()
    package let batchesDelivered = Counter()
    package let attemptsFailed = Counter()

    package init() {}

    package func shed(for reason: ShedReason) -> Counter {
        switch reason {
        case .overload: clicksShedByOverload
        case .logUnavailable: clicksShedByLog
        case .stopping: clicksShedByStopping
        }
    }
}
