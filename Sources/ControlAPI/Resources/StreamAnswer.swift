import Catalog
import ClickModel

/// A stream as the API shows it.
enum StreamAnswer {
    static let mask = "********"

    /// The answer to the creation: the one that has the secrets in clear.
    static func created(_ record: StreamRecord, _ provider: any SinkProvider) -> JSON {
        .object(members(record, provider, isClear: true))
    }

    /// The stream without how far it is; secrets masked.
    static func settings(_ record: StreamRecord, _ provider: (any SinkProvider)?) -> JSON {
        .object(members(record, provider, isClear: false))
    }

    /// Every later answer: secrets masked, and how far the stream is.
    ///
    /// - Parameters:
    ///   - record: The stream.
    ///   - provider: Its kind; nil when that is not served here any more.
    ///   - accounting: What became of its events.
    /// - Returns: The answer.
    static func later(
        _ record: StreamRecord,
        _ provider: (any SinkProvider)?,
        _ accounting: DeliveryAccounting
    ) -> JSON {
        .object(
            members(record, provider, isClear: false) + pending(record.stream, provider)
                + expiring(record.stream) + [
                    .init(name: "checkpoint", value: .integer(accounting.checkpoint.value)),
                    .init(name: "lag", value: .integer(accounting.pending)),
                    .init(name: "accounting", value: json(accounting)),
                ]
        )
    }

    static func json(_ accounting: DeliveryAccounting) -> JSON {
        [
            "in": .integer(accounting.in),
            "delivered": .integer(accounting.delivered),
            "pending": .integer(accounting.pending),
            "parked": .integer(accounting.parked),
            "filtered": .integer(accounting.filtered),
            "expired": .integer(accounting.expired),
        ]
    }

    /// The last warning that events are about to expire; no member when none are.
    private static func expiring(_ stream: EventStream) -> [JSON.Member] {
        guard let announced = stream.announced else { return [] }
        let value: JSON = [
            "percent": .integer(announced.percent), "events": .integer(announced.events),
            "at": .moment(announced.at),
        ]
        return [.init(name: "expiring", value: value)]
    }

    private static func members(
        _ record: StreamRecord,
        _ provider: (any SinkProvider)?,
        isClear: Bool
    ) -> [JSON.Member] {
        let stream = record.stream
        let shown = settings(of: stream.destination, provider, isClear: isClear)
        func secret(_ text: String?) -> JSON { isClear ? .text(text) : .string(mask) }
        let head: [JSON.Member] = [
            .init(name: "id", value: .string(stream.id.description)),
            .init(name: "status", value: .string(stream.state.status.rawValue)),
            .init(name: "statusReason", value: .text(stream.state.reason)),
            .init(name: "statusSince", value: .moment(stream.state.since)),
            .init(name: "sink", value: .string(stream.destination.kind)),
        ]
        let destination =
            members(of: shown, kind: stream.destination.kind)
        return head + destination + [
            .init(name: "key", value: secret(stream.key.text)),
            .init(name: "secret", value: secret(stream.secrets.first?.value)),
            .init(name: "format", value: .string(stream.format.rawValue)),
            .init(
                name: "batch",
                value: [
                    "events": .integer(stream.limits.events),
                    "bytes": .integer(stream.limits.bytes),
                    "seconds": .decimal(stream.limits.wait.inSeconds),
                ]
            ),
            .init(name: "lanes", value: .integer(stream.lanes)),
            .init(name: "filter", value: FilterBody.json(stream.filter)),
            .init(name: "maxAge", value: .string(AmountText.text(of: stream.maxAge))),
            .init(
                name: "maxRequestsPerSecond",
                value: stream.requestsPerSecond.map { .decimal($0) } ?? .null
            ),
            .init(name: "createdAt", value: .moment(record.createdAt)),
        ]
    }

    /// The destination's settings; those that are secret masked, and all of them when nobody knows which are.
    private static func settings(
        of destination: Destination,
        _ provider: (any SinkProvider)?,
        isClear: Bool
    ) -> [String: String] {
        guard !isClear else { return destination.settings }
        let secret = provider.map { Set($0.fields.filter(\.isSecret).map(\.name)) }
        return destination.settings.reduce(into: [:]) { shown, setting in
            shown[setting.key] = secret?.contains(setting.key) ?? true ? mask : setting.value
        }
    }

    private static func members(of shown: [String: String], kind: String) -> [JSON.Member] {
        guard kind != "webhook" else { return webhook(shown) }
        let settings = shown.sorted { $0.key < $1.key }.map {
            JSON.Member(name: $0.key, value: .string($0.value))
        }
        return [.init(name: "settings", value: .object(settings))]
    }

    /// The destination that waits for its test delivery; no member when none does.
    private static func pending(
        _ stream: EventStream,
        _ provider: (any SinkProvider)?
    ) -> [JSON.Member] {
        guard let pending = stream.pending else { return [] }
        let shown = settings(of: pending.destination, provider, isClear: false)
        let members =
            members(of: shown, kind: pending.destination.kind) + [
                .init(name: "status", value: "verifying"),
                .init(name: "reason", value: .text(pending.reason)),
                .init(name: "since", value: .moment(pending.since)),
            ]
        return [.init(name: "pending", value: .object(members))]
    }

    /// A webhook's settings, as the body of its creation has them.
    private static func webhook(_ settings: [String: String]) -> [JSON.Member] {
        [
            .init(name: "endpoint", value: .text(settings["endpoint"])),
            .init(name: "method", value: .text(settings["method"])),
            .init(
                name: "authentication",
                value: ["header": .text(settings["header"]), "value": .text(settings["value"])]
            ),
            .init(
                name: "timeout",
                value: .decimal(settings["timeout"].flatMap(Double.init) ?? 15)
            ),
            .init(name: "gzip", value: .bool(settings["gzip"] == "true")),
            .init(
                name: "tls",
                value: [
                    "ca": .text(settings["tls.ca"]),
                    "certificate": .text(settings["tls.certificate"]),
                    "privateKey": .text(settings["tls.privateKey"]),
                ]
            ),
            .init(name: "proxy", value: .text(settings["proxy"])),
        ]
    }
}
