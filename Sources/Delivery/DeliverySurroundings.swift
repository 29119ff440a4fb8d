package import ClickModel
package import Logging

/// What delivery works with, the same for every stream.
package struct DeliverySurroundings: Sendable {
    let log: any EventLog
    let ledger: any DeliveryLedger
    let streams: any StreamDirectory
    let metrics: ServiceMetrics
    let logger: Logger

    package init(
        log: any EventLog,
        ledger: any DeliveryLedger,
        streams: any StreamDirectory,
        metrics: ServiceMetrics,
        logger: Logger
    ) {
        self.log = log
        self.ledger = ledger
        self.streams = streams
        self.metrics = metrics
        self.logger = logger
    }
}
