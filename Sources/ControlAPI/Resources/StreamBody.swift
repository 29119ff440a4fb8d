import Catalog
import ClickModel

/// What the body of a stream's creation asks for.
struct StreamBody {
    private static let webhook = "webhook"
    private static let longestKey = 256
    private static let shortestAge = 1.0
    private static let rates = 0.001...1_000_000.0
    /// What every kind of sink knows.
    private static let common: Set = [
        "sink", "key", "format", "batch", "startFrom", "filter", "maxAge", "maxRequestsPerSecond",
        "lanes",
    ]
    /// A webhook's own members stand in the body itself: the settings they are.
    private static let places = [
        "header": "authentication.header", "value": "authentication.value",
    ]
    private static let ofWebhooks: Set = [
        "endpoint", "method", "authentication", "timeout", "gzip", "tls", "proxy",
    ]

    /// Settings that don't tell where events go or who may send them: a change of theirs needs no test delivery.
    static let unverified: Set = ["timeout"]

    let destination: Destination
    let key: String?
    /// What isn't given is that of a new stream, or of the one that is changed.
    let format: EventFormat
    let limits: BatchLimits
    let filter: EventFilter
    let maxAge: Duration
    let requestsPerSecond: Double?
    let lanes: Int
    /// Nil for the moment of creation.
    let startFrom: Timestamp?

    /// Reads a body, and notes in `fields` what is wrong with it.
    ///
    /// - Parameters:
    ///   - fields: The body.
    ///   - now: The time.
    ///   - retention: How long the log keeps events.
    ///   - stream: The stream that is to be changed; nil for a new one.
    init(
        _ fields: Fields,
        now: Timestamp,
        retention: Duration,
        changing stream: EventStream? = nil
    ) {
        let kind = fields.string("sink") ?? stream?.destination.kind ?? Self.webhook
        let isWebhook = kind == Self.webhook
        // A change builds on the one that waits for its test, if one does.
        var settings = (stream?.pending?.destination ?? stream?.destination)?.settings ?? [:]
        let given = isWebhook ? Self.webhookSettings(fields) : Self.settings(fields)
        // What answers show in place of a secret is none: sent back, it changes nothing.
        settings.merge(given.filter { $0.value != StreamAnswer.mask }) { $1 }
        if isWebhook { for name in Self.removed(fields) { settings[name] = nil } }
        destination = Destination(kind: kind, settings: settings)
        if let stream, kind != stream.destination.kind {
            fields.note("sink", "InvalidFormat", "can't be changed: make another stream")
        }
        if stream != nil, fields.has("startFrom") {
            fields.note(
                "startFrom",
                "InvalidFormat",
                "can't be changed: resume and replay move a stream"
            )
        }
        key = fields.string("key").flatMap { $0 == StreamAnswer.mask ? nil : $0 }
        if let key, key.utf8.count > Self.longestKey {
            fields.note("key", "InvalidFormat", "a key has at most \(Self.longestKey) bytes")
        }
        let formatName =
            fields.string("format") ?? (stream?.format ?? EventFormat.rebrandly).rawValue
        format = EventFormat(rawValue: formatName) ?? .rebrandly
        if format.rawValue != formatName {
            let names = EventFormat.allCases.map(\.rawValue).joined(separator: " or ")
            fields.note("format", "InvalidFormat", "must be \(names)")
        }
        limits = Self.limits(fields, stream?.limits ?? BatchLimits())
        // A filter is replaced as a whole: what it leaves out lets all through.
        filter =
            fields.has("filter") ? FilterBody.read(fields) : stream?.filter ?? EventFilter()
        maxAge =
            fields.duration(
                "maxAge",
                inSeconds: Self.shortestAge...max(Self.shortestAge, retention.inSeconds)
            ) ?? stream?.maxAge ?? min(EventStream.defaultMaxAge, retention)
        let rate = fields.decimal("maxRequestsPerSecond", in: Self.rates)
        requestsPerSecond =
            fields.isNull("maxRequestsPerSecond") ? nil : rate ?? stream?.requestsPerSecond
        lanes = fields.integer("lanes", in: Lane.counts) ?? stream?.lanes ?? 1
        if let stream, lanes != stream.lanes {
            fields.note(
                "lanes",
                "InvalidFormat",
                "can't be changed, events have their numbers by them: make another stream"
            )
        }
        if lanes > 1, !isWebhook {
            fields.note("lanes", "InvalidFormat", "are for webhooks: this kind takes one order")
        }
        startFrom = Self.start(fields, now: now)
        Self.refuseOthers(fields, known: isWebhook ? Self.ofWebhooks : ["settings"])
    }

    private static func webhookSettings(_ fields: Fields) -> [String: String] {
        var settings: [String: String] = [:]
        settings["endpoint"] = fields.string("endpoint")
        settings["method"] = fields.string("method")
        if let authentication = fields.object("authentication") {
            settings["header"] = authentication.string("header")
            settings["value"] = authentication.string("value")
            fields.absorb(authentication)
        }
        // Numbers stay as they were written: the kind checks them.
        if case .number(let seconds)? = fields.value("timeout") {
            settings["timeout"] = seconds
        } else if fields.has("timeout") {
            fields.note("timeout", "InvalidFormat", "must be a number")
        }
        if let gzip = fields.bool("gzip") { settings["gzip"] = "\(gzip)" }
        settings["proxy"] = fields.string("proxy")
        if let tls = fields.object("tls") {
            let names = ["ca", "certificate", "privateKey"]
            for name in names { settings["tls.\(name)"] = tls.string(name) }
            for name in tls.names where !names.contains(name) {
                tls.note(name, "InvalidFormat", "is not known")
            }
            fields.absorb(tls)
        }
        return settings
    }

    /// The settings that a body takes away by null.
    private static func removed(_ fields: Fields) -> [String] {
        var names = fields.isNull("proxy") ? ["proxy"] : []
        let tls = ["ca", "certificate", "privateKey"]
        if fields.isNull("tls") {
            names += tls.map { "tls.\($0)" }
        } else if let object = fields.object("tls") {
            names += tls.filter(object.isNull).map { "tls.\($0)" }
        }
        return names
    }

    /// The settings of another kind of sink, as its fields name them.
    private static func settings(_ fields: Fields) -> [String: String] {
        guard let object = fields.object("settings") else { return [:] }
        var settings: [String: String] = [:]
        for name in object.names {
            switch object.value(name) {
            case .string(let text)?: settings[name] = text
            case .number(let text)?: settings[name] = text
            case .bool(let flag)?: settings[name] = "\(flag)"
            case nil: break
            default: object.note(name, "InvalidFormat", "must be a text, a number, true or false")
            }
        }
        fields.absorb(object)
        return settings
    }

    private static func limits(_ fields: Fields, _ standard: BatchLimits) -> BatchLimits {
        var limits = standard
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
    private static func refuseOthers(_ fields: Fields, known: Set<String>) {
        for name in fields.names where !known.contains(name) && !common.contains(name) {
            if fields.has(name) || !ofWebhooks.contains(name) {
                fields.note(name, "InvalidFormat", "is not known")
            }
        }
    }

    /// Notes what the destination's own kind finds wrong.
    func check(with provider: any SinkProvider, _ fields: Fields) async {
        let isWebhook = destination.kind == Self.webhook
        let known = Set(provider.fields.map(\.name))
        for name in destination.settings.keys.sorted() where !known.contains(name) {
            fields.note(place(of: name, isWebhook), "InvalidFormat", "is not known")
        }
        for problem in await provider.problems(with: destination.settings) {
            fields.note(place(of: problem.property, isWebhook), problem.code, problem.message)
        }
    }

    private func place(of setting: String, _ isWebhook: Bool) -> String {
        isWebhook ? Self.places[setting] ?? setting : "settings.\(setting)"
    }
}

extension Fields {
    /// A duration such as `72h`, or a number of seconds.
    func duration(_ name: String, inSeconds range: ClosedRange<Double>) -> Duration? {
        let given: Duration? =
            switch value(name) {
            case .string(let text)?: AmountText.duration(text)
            case .number(let text)?:
                Double(text).flatMap { range.contains($0) ? .seconds($0) : nil }
            default: nil
            }
        guard has(name) else { return nil }
        guard let given, range.contains(given.inSeconds) else {
            let longest = AmountText.text(of: .seconds(range.upperBound))
            let limit = name == "maxAge" ? " (log.retention.age: events are kept no longer)" : ""
            note(
                name,
                "InvalidFormat",
                "must be a duration such as 72h or 90s, at most \(longest)\(limit)"
            )
            return nil
        }
        return given
    }
}
