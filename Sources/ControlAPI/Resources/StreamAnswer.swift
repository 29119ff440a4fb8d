import Catalog
import ClickModel

/// A stream as the API shows it.
enum StreamAnswer {
    private static let mask = "********"

    /// The answer to the creation: the one that has the secrets in clear.
    static func created(_ record: StreamRecord) -> JSON {
        .object(members(record, isClear: true))
    }

    /// Every later answer: secrets masked, and how far the stream is.
    ///
    /// - Parameters:
    ///   - record: The stream.
    ///   - position: Where delivery is.
    ///   - total: How many events the workspace ever had.
    /// - Returns: The answer.
    static func later(_ record: StreamRecord, _ position: StreamPosition, total: Int64) -> JSON {
        let all = max(0, total - record.stream.startTotal)
        let pending = max(0, all - position.settled)
        return .object(
            members(record, isClear: false) + [
                .init(name: "checkpoint", value: .integer(position.checkpoint.value)),
                .init(name: "lag", value: .integer(pending)),
                .init(
                    name: "accounting",
                    value: [
                        "in": .integer(max(all, position.settled)),
                        "delivered": .integer(position.delivered),
                        "pending": .integer(pending),
                        "parked": .integer(position.parked),
                        "filtered": .integer(position.filtered),
                        "expired": .integer(position.expired),
                    ]
                ),
            ]
        )
    }

    private static func members(_ record: StreamRecord, isClear: Bool) -> [JSON.Member] {
        let stream = record.stream
        let settings = stream.destination.settings
        func secret(_ text: String?) -> JSON { isClear ? .text(text) : .string(mask) }
        let timeout = settings["timeout"].flatMap(Double.init) ?? 15
        return [
            .init(name: "id", value: .string(stream.id.description)),
            .init(name: "status", value: .string(stream.state.status.rawValue)),
            .init(name: "statusReason", value: .text(stream.state.reason)),
            .init(name: "statusSince", value: .moment(stream.state.since)),
            .init(name: "sink", value: .string(stream.destination.kind)),
            .init(name: "endpoint", value: .text(settings["endpoint"])),
            .init(name: "method", value: .text(settings["method"])),
            .init(
                name: "authentication",
                value: ["header": .text(settings["header"]), "value": secret(settings["value"])]
            ),
            .init(name: "key", value: secret(stream.key)),
            .init(name: "secret", value: secret(stream.secrets.first)),
            .init(name: "format", value: .string(stream.format.rawValue)),
            .init(
                name: "batch",
                value: [
                    "events": .integer(stream.limits.events),
                    "bytes": .integer(stream.limits.bytes),
                    "seconds": .decimal(stream.limits.wait.inSeconds),
                ]
            ),
            .init(name: "timeout", value: .decimal(timeout)),
            .init(name: "createdAt", value: .moment(record.createdAt)),
        ]
    }
}
