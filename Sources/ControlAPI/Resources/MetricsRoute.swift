import ClickModel
import Hummingbird
import NIOCore

/// `GET /metrics`: what the service counts, as Prometheus reads it.
struct MetricsRoute {
    private struct Metric {
        let name: String
        let kind: String
        let help: String
        /// Values by their labels; a metric without labels has one, under "".
        let values: [(labels: String, value: Int64)]

        static func counter(_ name: String, _ help: String, _ counter: Counter) -> Metric {
            Metric(
                name: "clickstream_\(name)_total",
                kind: "counter",
                help: help,
                values: [("", Int64(counter.value))]
            )
        }

        static func gauge(_ name: String, _ help: String, _ value: Int64) -> Metric {
            Metric(name: "clickstream_\(name)", kind: "gauge", help: help, values: [("", value)])
        }

        var text: String {
            values.reduce("# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n") {
                $0 + "\(name)\($1.labels) \($1.value)\n"
            }
        }
    }

    private let metrics: ServiceMetrics
    private let log: any EventLog

    init(_ surroundings: Surroundings) {
        metrics = surroundings.metrics
        log = surroundings.log
    }

    func add(to routes: Routes) {
        routes.get("metrics", .open) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    private var text: String { all.map(\.text).joined() }

    private var all: [Metric] {
        let bounds = log.bounds
        return [
            .counter("redirects", "Redirects answered.", metrics.redirects),
            .counter("unknown_links", "Requests for links nobody knows.", metrics.unknownLinks),
            .counter(
                "refused_requests",
                "Malformed or unwanted requests refused at the edge.",
                metrics.refusedRequests
            ),
            .counter(
                "refused_connections",
                "Connections refused at the edge.",
                metrics.refusedConnections
            ),
            .gauge(
                "open_connections",
                "Connections open at the edge.",
                Int64(metrics.openConnections.value)
            ),
            .counter("clicks_recorded", "Clicks that are in the log.", metrics.clicksRecorded),
            shed,
            .counter("commits", "Commits to the log.", metrics.commits),
            .counter("commit_failures", "Commits that failed.", metrics.commitFailures),
            .counter(
                "geo_reloads",
                "New databases of places taken into use.",
                metrics.geoReloads
            ),
            .counter(
                "geo_reload_failures",
                "New databases of places that can't be used.",
                metrics.geoReloadFailures
            ),
            .counter(
                "events_delivered",
                "Events that receivers accepted.",
                metrics.eventsDelivered
            ),
            .counter(
                "batches_delivered",
                "Batches that receivers accepted.",
                metrics.batchesDelivered
            ),
            .counter("attempts_failed", "Sends that failed.", metrics.attemptsFailed),
            .gauge("log_first_offset", "Oldest event kept.", bounds.lowerBound.value),
            .gauge("log_end_offset", "Where the log ends.", bounds.upperBound.value),
        ]
    }

    private var shed: Metric {
        Metric(
            name: "clickstream_clicks_shed_total",
            kind: "counter",
            help: "Clicks that were redirected and not recorded, by reason.",
            values: ShedReason.allCases.map { reason in
                ("{reason=\"\(reason.rawValue)\"}", Int64(metrics.shed(for: reason).value))
            }
        )
    }
}
