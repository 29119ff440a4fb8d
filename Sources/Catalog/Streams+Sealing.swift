import ClickModel
import Foundation
import GRDB

/// A stream's parts as the file keeps them: what is secret only sealed.
struct SealedParts {
    /// The settings that may be read, as a JSON object.
    let settings: String
    let secretSettings: Data
    let key: Data
    let secrets: Data

    init(_ draft: StreamDraft, row: String, _ box: SecretBox) throws {
        let parts = try Self.split(draft.destination, draft.secretFields)
        settings = parts.open
        secretSettings = try box.seal(parts.secret, at: Self.place("secretSettings", row))
        key = try box.seal(draft.key, at: Self.place("key", row))
        secrets = try Self.seal(draft.secrets, row: row, box)
    }

    /// A destination's settings as JSON: those that may be read, and those that are secret.
    static func split(
        _ destination: Destination,
        _ secretFields: Set<String>
    ) throws -> (open: String, secret: String) {
        (
            try text(destination.settings.filter { !secretFields.contains($0.key) }),
            try text(destination.settings.filter { secretFields.contains($0.key) })
        )
    }

    static func seal(_ secrets: [SigningSecret], row: String, _ box: SecretBox) throws -> Data {
        try box.seal(text(secrets), at: place("secrets", row))
    }

    static func place(_ column: String, _ row: String) -> SecretBox.Place {
        SecretBox.Place(table: "streams", column: column, row: row)
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension Catalog {
    static let streamColumns =
        "streams.id, streams.workspace, kind, settings, secretSettings, "
        + "format, streams.key, secrets, batchEvents, batchBytes, batchWait, status, statusReason, "
        + "statusSince, start, startTotal, streams.createdAt, filter, maxAge, requestsPerSecond, skipTo, "
        + "resumedAt, keyVersion, previousKey, pendingSettings, pendingSecretSettings, pendingReason, "
        + "pendingSince, numberedSince, announcedPercent, announcedEvents, announcedAt, lanes"

    /// A row as a stream.
    ///
    /// One whose secrets don't open is disabled and says so: it must not keep the others from
    /// being delivered.
    func record(_ row: Row) -> StreamRecord {
        let id: String = row[0]
        var settings: [String: String] = [:]
        var pending: PendingDestination?
        var key = ""
        var previousKeys: [StreamKey] = []
        var secrets: [SigningSecret] = []
        var state = StreamState(
            StreamStatus(rawValue: row[11]) ?? .disabled,
            reason: row[12],
            since: Timestamp(microseconds: row[13])
        )
        do {
            settings = try self.settings(row[3], row[4], column: "secretSettings", id)
            pending = try self.pending(row, id)
            if let sealed = row[23] as Data? {
                let text = try box.open(sealed, at: SealedParts.place("previousKey", id))
                // The first version kept one, as it is.
                let texts = Self.decoded([String].self, text) ?? [text]
                let version: Int = row[22]
                previousKeys = texts.enumerated().map {
                    StreamKey($1, version: version - 1 - $0)
                }
            }
            key = try box.open(row[6], at: SealedParts.place("key", id))
            let list = try box.open(row[7], at: SealedParts.place("secrets", id))
            secrets =
                Self.decoded([SigningSecret].self, list)
                ?? Self.decoded([String].self, list)?.map { SigningSecret($0) } ?? []
        } catch {
            state = StreamState(
                .disabled,
                reason: "its secrets can't be opened with the master key",
                since: state.since
            )
        }
        var stream = EventStream(
            id: EventStream.ID(id),
            workspace: row[1],
            destination: Destination(kind: row[2], settings: settings),
            format: EventFormat(rawValue: row[5]) ?? .rebrandly,
            limits: BatchLimits(
                events: row[8],
                bytes: row[9],
                wait: .microseconds(row[10] as Int64)
            ),
            filter: (row[17] as String?).flatMap { Self.decoded(EventFilter.self, $0) }
                ?? EventFilter(),
            maxAge: .microseconds(row[18] as Int64),
            requestsPerSecond: row[19],
            skipTo: (row[20] as Int64?).map(Offset.init),
            resumedAt: (row[21] as Int64?).map(Timestamp.init(microseconds:)),
            key: StreamKey(key, version: row[22]),
            previousKeys: previousKeys,
            secrets: secrets,
            state: state,
            start: Offset(row[14]),
            startTotal: row[15]
        )
        stream.pending = pending
        stream.lanes = row[32]
        stream.numberedSince = (row[28] as Int64?).map(Timestamp.init(microseconds:))
        if let percent = row[29] as Int? {
            stream.announced = ExpiryAnnouncement(
                percent: percent,
                events: row[30] ?? 0,
                at: Timestamp(microseconds: row[31] ?? 0)
            )
        }
        return StreamRecord(stream: stream, createdAt: Timestamp(microseconds: row[16]))
    }

    private func settings(
        _ open: String,
        _ sealed: Data,
        column: String,
        _ id: String
    ) throws -> [String: String] {
        let secret = try box.open(sealed, at: SealedParts.place(column, id))
        return (Self.decoded([String: String].self, open) ?? [:]).merging(
            Self.decoded([String: String].self, secret) ?? [:]
        ) { _, new in new }
    }

    private func pending(_ row: Row, _ id: String) throws -> PendingDestination? {
        guard let open = row[24] as String?, let sealed = row[25] as Data? else { return nil }
        return PendingDestination(
            Destination(
                kind: row[2],
                settings: try settings(open, sealed, column: "pendingSecretSettings", id)
            ),
            reason: row[26],
            since: Timestamp(microseconds: row[27] ?? 0)
        )
    }

    static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
