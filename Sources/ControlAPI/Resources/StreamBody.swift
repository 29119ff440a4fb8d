import Catalog
import ClickModel

/// What the body of a stream's creation asks for.
struct StreamBody {
    static let kind = "webhook"

    private static let longestKey = 256
    private static let timeouts = 1.0...60.0
    /// The members that later versions fill with life, and the values that change nothing until then.
    private static let unsupported: [String: [JSON]] = [
        "filter": [.object([])], "lanes": [.number("1")], "gzip": [.bool(false)], "tls": [],
        "proxy": [], "maxAge": [.string("72h")], "maxRequestsPerSecond": [],
    ]
    private static let known: Set = [
        "endpoint", "method", "authentication", "key", "format", "batch", "startFrom", "timeout",
        "sink",
    ]
    /// Where a provider's setting stands in the body.
    private static let places = [
        "header": "authentication.header", "value": "authentication.value",
    ]

    let destination: Destination
    let key: String?
    let format: EventFormat
    let limits: BatchLimits
    /// Nil for the moment of creation.
    let startFrom: Timestamp?

    /// Reads a body, and notes in `fields` what is wrong with it.
    init(_ fields: Fields, now: Timestamp) {
        var settings: [String: String] = [:]
        settings["endpoint"] = fields.string("endpoint")
        settings["method"] = fields.string("method")
        if let authentication = fields.object("authentication") {
            settings["header"] = authentication.string("header")
            settings["value"] = authentication.string("value")
            fields.absorb(authentication)
        }
        if let seconds = fields.decimal("timeout", in: Self.timeouts) {
            settings["timeout"] = "\(seconds)"
        }
        destination = Destination(kind: Self.kind, settings: settings)

        key = fields.string("key")
        if let key, key.utf8.count > Self.longestKey {
            fields.note("key", "InvalidFormat", "a key has at most \(Self.longestKey) bytes")
        }
        let formatName = fields.string("format") ?? EventFormat.rebrandly.rawValue
        format = EventFormat(rawValue: formatName) ?? .rebrandly
        if format.rawValue != formatName {
            let names = EventFormat.allCases.map(\.rawValue).joined(separator: " or ")
            fields.note("format", "InvalidFormat", "must be \(names)")
        }
        limits = Self.limits(fields)
        startFrom = Self.start(fields, now: now)
        Self.refuseOthers(fields)
    }

    private static func limits(_ fields: Fields) -> BatchLimits {
        var limits = BatchLimits()
        guard let batch = fields.object("batch") else { return limits }
        if let events = batch.integer("events", in: BatchLimits.eventsRange) {
            limits.events = events
        }
        if let bytes = batch.integer("bytes", in: BatchLimits.bytesRange) { limits.bytes = bytes }
        if let seconds = batch.decimal("seconds", in: BatchLimits.secondsRange) {
            limits.wait = .seconds(seconds)
        }
        for name in batch.names where !["events", "bytes", "seconds"].contains(name) {
            batch.note(name, "InvalidFormat", "is not known")
        }
        fields.absorb(batch)
        return limits
    }

    private static func start(_ fields: Fields, now: Timestamp) -> Timestamp? {
        guard let text = fields.string("startFrom"), text != "now" else { return nil }
        guard let time = Timestamp(text), time <= now else {
            fields.note("startFrom", "InvalidFormat", "must be now or a moment that is past")
            return nil
        }
        return time
    }

    /// Says no to what would otherwise be ignored: a typo here would cost events unseen.
    private static func refuseOthers(_ fields: Fields) {
        if let sink = fields.string("sink"), sink != kind {
            fields.note("sink", "NotSupported", "only \(kind) is there")
        }
        for name in fields.names where !known.contains(name) {
            guard let neutral = unsupported[name] else {
                fields.note(name, "InvalidFormat", "is not known")
                continue
            }
            if let value = fields.value(name), !neutral.contains(value) {
                fields.note(name, "NotSupported", "is not supported yet")
            }
        }
    }

    /// Notes what the destination's own kind finds wrong.
    func check(with provider: any SinkProvider, _ fields: Fields) async {
        for problem in await provider.problems(with: destination.settings) {
            fields.note(
                Self.places[problem.property] ?? problem.property,
                problem.code,
                problem.message
            )
        }
    }
}
