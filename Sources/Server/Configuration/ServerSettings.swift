import Catalog
import ClickModel
import Edge
import EmbeddedLog
import Enrichment
import Foundation
import Logging

/// The configuration, read: every room's settings.
package struct ServerSettings: Sendable {
    var edge = EdgeSettings()
    var log = LogSettings()
    var encoder = EncoderSettings()
    package var controlHost = "127.0.0.1"
    package var controlPort = 8081
    var rateLimit = 1000
    var allowedOrigins: Set<String> = []
    package var directory = "./data"
    var adminKey: String?
    var geoDatabase: String?
    var crawlerRanges: String?
    var allowedNetworks: [AddressRange] = []
    var fileDirectory: String?
    var needsApproval = false
    var notifyEndpoint: String?
    var notifySecret: String?
    var upgradeURL: String?
    var secretsKey: String?
    var secretsKeyFile: String?
    var tablesDirectory: String?
    var loggingLevel = Logger.Level.info
    /// Each key with its value as text and its source, secrets masked.
    package private(set) var resolved: [(key: String, value: String, source: SettingSource)] = []

    /// The settings of the catalog in a folder.
    func catalog(in directory: String) -> CatalogSettings {
        var settings = CatalogSettings(
            directory: directory,
            keySource: secretsKey.map(MasterKey.Source.inline)
                ?? secretsKeyFile.map(MasterKey.Source.file)
        )
        settings.upgradeURL = upgradeURL
        settings.keepsNotices = notifyEndpoint != nil
        return settings
    }

    /// Reads every value.
    ///
    /// - Parameter input: The values as given.
    /// - Returns: The settings, with every problem there is; with problems they are not for use.
    package static func read(
        _ input: ConfigurationInput
    ) -> (settings: ServerSettings, problems: [SettingIssue]) {
        var settings = ServerSettings()
        var reader = SettingReader(input)
        settings.edge.host = reader.text("edge.host") ?? "::"
        settings.edge.port = reader.integer("edge.port")
        settings.edge.maximumConnections = reader.integer("edge.maxConnections")
        settings.edge.threads = reader.integer("edge.threads")
        settings.edge.linkMemory = reader.integer("edge.linkMemory")
        settings.edge.trustedProxies = reader.ranges("edge.trustedProxies")
        settings.edge.waitsForDisk = reader.text("capture.durability") == "synced"
        settings.controlHost = reader.text("control.host") ?? "127.0.0.1"
        settings.controlPort = reader.integer("control.port")
        settings.rateLimit = reader.integer("control.rateLimit")
        settings.allowedOrigins = reader.origins("control.allowedOrigins")
        settings.directory = reader.text("data.directory") ?? "./data"
        settings.adminKey = reader.text("admin.key")
        settings.log.retention = reader.duration("log.retention.age")
        settings.log.retentionBytes = reader.size("log.retention.bytes")
        settings.log.sessionWindow = reader.duration("session.window")
        settings.encoder.sessionWindow = settings.log.sessionWindow
        settings.encoder.respectsGPC = reader.text("privacy.respectGPC") == "true"
        settings.geoDatabase = reader.text("geo.database")
        settings.crawlerRanges = reader.text("bots.ranges")
        settings.allowedNetworks = reader.ranges("delivery.allowedNetworks")
        settings.fileDirectory = reader.text("sinks.file.directory")
        settings.needsApproval = reader.text("streams.approval") == "manual"
        settings.notifyEndpoint = reader.text("streams.notify")
        settings.notifySecret = reader.text("streams.notifySecret")
        settings.upgradeURL = reader.text("plans.upgradeUrl")
        settings.log.deliveryRetention = reader.duration("delivery.retention.age")
        settings.secretsKey = reader.text("secrets.key")
        settings.secretsKeyFile = reader.text("secrets.keyFile")
        settings.tablesDirectory = reader.text("tables.directory")
        settings.loggingLevel =
            reader.text("logging.level").flatMap { Logger.Level(rawValue: $0) } ?? .info
        settings.resolved = reader.resolved
        return (settings, input.problems + reader.problems)
    }

    /// What is wrong with the tables that it names: a file that is there may still be none.
    package func problemWithTables() -> String? {
        do {
            _ = try Tables(
                in: TablesLocation.find(configured: tablesDirectory),
                geoDatabase: geoDatabase,
                crawlerRanges: crawlerRanges
            )
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Opens deliveries to loopback, as the demo needs.
    mutating func allowLoopback() {
        allowedNetworks += ["127.0.0.0/8", "::1"].compactMap(AddressRange.init)
    }
}

/// Reads values one by one and gathers what is wrong with them.
private struct SettingReader {
    private let input: ConfigurationInput
    private(set) var problems: [SettingIssue] = []
    private(set) var resolved: [(key: String, value: String, source: SettingSource)] = []

    init(_ input: ConfigurationInput) {
        self.input = input
        for key in SettingKey.all {
            let value = input.values[key.name] ?? (key.standard ?? "", .standard)
            let shown = key.isSecret && !value.text.isEmpty ? "********" : value.text
            resolved.append((key.name, shown, value.source))
        }
    }

    private func key(_ name: String) -> SettingKey? { SettingKey.all.first { $0.name == name } }

    /// The text that counts, or the default if it is not what the key takes; nil for none.
    mutating func text(_ name: String) -> String? {
        guard let key = key(name) else { return nil }
        guard let given = input.values[name], !given.text.isEmpty else { return key.standard }
        switch key.kind {
        case .choice(let words) where !words.contains(given.text): note(key)
        case .flag where given.text != "true" && given.text != "false": note(key)
        case .host where !SettingText.isHost(given.text): note(key)
        case .url where !SettingText.isURL(given.text): note(key)
        case .signingSecret where !SettingText.isSigningSecret(given.text): note(key)
        case .path where !FileManager.default.fileExists(atPath: given.text): note(key)
        case .token where !SettingText.isToken(given.text): note(key)
        case .masterKey where Data(base64Encoded: given.text)?.count != 32: note(key)
        default: return given.text
        }
        return key.standard
    }

    mutating func integer(_ name: String) -> Int {
        guard let key = key(name), case .integer(let range) = key.kind else { return 0 }
        let standard = key.standard.flatMap { Int($0) } ?? 0
        guard let text = text(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            note(key)
            return standard
        }
        return value
    }

    mutating func duration(_ name: String) -> Duration {
        let standard = key(name)?.standard.flatMap(AmountText.duration) ?? .zero
        guard let key = key(name), let text = text(name) else { return standard }
        guard let value = AmountText.duration(text), value > .zero else {
            note(key)
            return standard
        }
        return value
    }

    mutating func size(_ name: String) -> Int64? {
        guard let key = key(name), let text = text(name) else { return nil }
        guard let value = AmountText.size(text), value > 0 else {
            note(key)
            return nil
        }
        return value
    }

    mutating func ranges(_ name: String) -> [AddressRange] {
        guard let key = key(name), let text = text(name) else { return [] }
        switch SettingText.ranges(text) {
        case .success(let ranges): return ranges
        case .failure(let wrong):
            note(key, "\(wrong.text) is no address or CIDR range")
            return []
        }
    }

    mutating func origins(_ name: String) -> Set<String> {
        guard let key = key(name), let text = text(name) else { return [] }
        let origins = text.split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        if let wrong = origins.first(where: { !SettingText.isOrigin($0) }) {
            note(
                key,
                "\(wrong) is no origin: scheme and host, with a port where it isn't the usual one"
            )
            return []
        }
        return Set(origins)
    }

    private mutating func note(_ key: SettingKey, _ message: String? = nil) {
        let given = input.values[key.name]
        let value = key.isSecret ? "the value" : "\"\(given?.text ?? "")\""
        problems.append(
            SettingIssue(
                key: key.name,
                message: message
                    ?? "\(value) (\(given?.source.description ?? "default")) is not \(key.kind.words)"
            )
        )
    }
}
