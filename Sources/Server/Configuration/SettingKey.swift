/// One key of the configuration: the single list that flags, environment, file, help and docs follow.
package struct SettingKey: Sendable {
    /// What a value looks like.
    package enum Kind: Sendable {
        case text
        /// An IP address or a host name.
        case host
        /// An http or https URL.
        case url
        /// A signing secret: `whsec_` and base64.
        case signingSecret
        /// A file or folder that has to be there.
        case path
        /// Visible ASCII without blanks: it travels in a header.
        case token
        /// 32 bytes as base64.
        case masterKey
        case integer(ClosedRange<Int>)
        case flag
        /// `90s`, `30m`, `24h`, `7d`, `500ms`.
        case duration
        /// `512MiB`, `10GB`, or bytes.
        case size
        /// Addresses and CIDR ranges, separated by commas.
        case ranges
        /// `https://links.example`, separated by commas.
        case origins
        case choice([String])

        /// For people: what may stand there.
        var words: String {
            switch self {
            case .text: "text"
            case .host: "an address or a host name"
            case .url: "an http or https URL"
            case .signingSecret: "whsec_ and the base64 of 24 to 64 bytes"
            case .path: "a path that exists"
            case .token: "up to 512 visible characters without blanks"
            case .masterKey: "32 bytes as base64"
            case .integer(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
            case .flag: "true or false"
            case .duration: "a duration such as 90s, 30m, 24h or 7d"
            case .size: "a size such as 512MiB or 10GB"
            case .ranges: "addresses or CIDR ranges, separated by commas"
            case .origins: "origins such as https://links.example, separated by commas"
            case .choice(let words) where words.count == 2: words.joined(separator: " or ")
            case .choice(let words): "one of " + words.joined(separator: ", ")
            }
        }
    }

    /// The key as the file has it: `edge.trustedProxies`.
    package let name: String
    let kind: Kind
    /// The value when none is given; nil for none.
    let standard: String?
    let isSecret: Bool
    package let help: String

    private init(
        _ name: String,
        _ kind: Kind,
        _ standard: String?,
        _ help: String,
        isSecret: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.help = help
        self.isSecret = isSecret
    }

    /// The flag: `--edge-trusted-proxies`.
    package var flag: String { "--" + words.joined(separator: "-") }

    /// The environment's variable: `CLICKSTREAM_EDGE_TRUSTED_PROXIES`.
    package var variable: String {
        "CLICKSTREAM_" + words.map { $0.uppercased() }.joined(separator: "_")
    }

    /// `edge.trustedProxies` in its words: edge, trusted, proxies.
    ///
    /// A run of capitals is one word.
    private var words: [String] {
        var words: [String] = [""]
        var previous: Character = "."
        for character in name {
            if character == "." {
                words.append("")
            } else if character.isUppercase, !previous.isUppercase {
                words.append(character.lowercased())
            } else {
                words[words.count - 1] += character.lowercased()
            }
            previous = character
        }
        return words
    }

    /// Every key there is.
    package static let all: [SettingKey] = [
        SettingKey(
            "edge.host",
            .host,
            "::",
            "Address that short links are served on; :: is every one."
        ),
        SettingKey("edge.port", .integer(0...65_535), "8080", "Port of the edge."),
        SettingKey(
            "edge.maxConnections",
            .integer(1...10_000_000),
            "100000",
            "Connections at once; lowered to what the limit of open files leaves."
        ),
        SettingKey(
            "edge.threads",
            .integer(0...1024),
            "0",
            "Event loops of the edge; 0 is one for each core."
        ),
        SettingKey(
            "edge.linkMemory",
            .integer(64...1_000_000_000),
            "2000000",
            "Links held in memory; of more, the most used ones."
        ),
        SettingKey(
            "edge.trustedProxies",
            .ranges,
            nil,
            "Proxies whose X-Forwarded-For and Forwarded are believed."
        ),
        SettingKey("control.host", .host, "127.0.0.1", "Address of the control port."),
        SettingKey(
            "control.port",
            .integer(0...65_535),
            "8081",
            "Port of the API, health and metrics."
        ),
        SettingKey(
            "control.rateLimit",
            .integer(0...1_000_000),
            "1000",
            "How many times a second a key may ask, and twice as many at once; 0 is no limit."
        ),
        SettingKey(
            "control.allowedOrigins",
            .origins,
            nil,
            "Origins whose pages may read the API's answers (CORS), such as https://links.example."
        ),
        SettingKey(
            "data.directory",
            .text,
            "./data",
            "Folder of the log, the catalog and the keys."
        ),
        SettingKey(
            "admin.key",
            .token,
            nil,
            "The operator's key; else <data>/admin.key, made on first start.",
            isSecret: true
        ),
        SettingKey(
            "capture.durability",
            .choice(["synced", "buffered"]),
            "synced",
            "synced: the redirect leaves when its click is on disk; buffered: at once."
        ),
        SettingKey("log.retention.age", .duration, "7d", "Events older than this are trimmed."),
        SettingKey(
            "log.retention.bytes",
            .size,
            nil,
            "Size of the log beyond which the oldest events are trimmed."
        ),
        SettingKey(
            "geo.database",
            .path,
            nil,
            "An MMDB file to use instead of the bundled countries."
        ),
        SettingKey(
            "bots.ranges",
            .path,
            nil,
            "Folder of files with the addresses that crawlers publish, such as googlebot.json."
        ),
        SettingKey("session.window", .duration, "30m", "The gap between clicks that ends a visit."),
        SettingKey(
            "privacy.respectGPC",
            .flag,
            "true",
            "Keep no session for Sec-GPC: 1 and DNT: 1."
        ),
        SettingKey(
            "delivery.allowedNetworks",
            .ranges,
            nil,
            "Ranges that deliveries may go to though they are private or special."
        ),
        SettingKey(
            "delivery.retention.age",
            .duration,
            "30d",
            "How long parked events and the log of attempts are kept."
        ),
        SettingKey(
            "sinks.file.directory",
            .path,
            nil,
            "Folder that streams of the kind file write into; without it the kind is not offered."
        ),
        SettingKey(
            "streams.approval",
            .choice(["automatic", "manual"]),
            "automatic",
            "manual: a new stream waits for the operator's approve."
        ),
        SettingKey(
            "streams.notify",
            .url,
            nil,
            "Endpoint that is told of every stream's changes and warnings, as signed events."
        ),
        SettingKey(
            "streams.notifySecret",
            .signingSecret,
            nil,
            "The secret that those are signed with; else <data>/notify.secret, made on first start.",
            isSecret: true
        ),
        SettingKey(
            "plans.upgradeUrl",
            .url,
            nil,
            "Where customers get another plan; answers that refuse something for its sake name it."
        ),
        SettingKey(
            "secrets.key",
            .masterKey,
            nil,
            "The key that stored secrets are encrypted with.",
            isSecret: true
        ),
        SettingKey(
            "secrets.keyFile",
            .text,
            nil,
            "File of that key; else <data>/secrets.key, made on first start."
        ),
        SettingKey(
            "tables.directory",
            .path,
            nil,
            "Folder of the tables that clicks are enriched by."
        ),
        SettingKey(
            "logging.level",
            .choice(["trace", "debug", "info", "notice", "warning", "error"]),
            "info",
            "What the service logs to standard error."
        ),
    ]
}
