import ClickModel
import Edge
import EmbeddedLog
import Enrichment
import Foundation
import Logging
import Testing

@testable import Server

private func read(
    _ arguments: [String] = [],
    _ environment: [String: String] = [:],
    yaml: String? = nil
) throws -> (settings: ServerSettings, problems: [String], warnings: [String]) {
    var path: String?
    if let yaml {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
        try yaml.write(to: file, atomically: true, encoding: .utf8)
        path = file.path
    }
    defer { if let path { try? FileManager.default.removeItem(atPath: path) } }
    let input = ConfigurationInput(arguments: arguments, environment: environment, file: path)
    let (settings, problems) = ServerSettings.read(input)
    return (settings, problems.map(\.description), input.warnings.map(\.description))
}

@Suite struct ConfigurationTests {
    @Test func `without anything the defaults count`() throws {
        let (settings, problems, warnings) = try read()
        #expect(problems.isEmpty && warnings.isEmpty)
        #expect(settings.edge.port == 8080)
        #expect(settings.edge.host == "::")
        #expect(settings.edge.waitsForDisk)
        #expect(settings.log.retention == .seconds(7 * 86_400))
        #expect(settings.encoder.sessionWindow == .seconds(1800))
        #expect(settings.encoder.respectsGPC)
    }

    @Test func `a table that is there and is none is a problem before the service starts`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "places.mmdb")
        try "no database".write(to: file, atomically: true, encoding: .utf8)
        let (fine, _, _) = try read()
        #expect(fine.problemWithTables() == nil)
        let (settings, problems, _) = try read(["--geo-database", file.path])
        #expect(problems.isEmpty)
        #expect(settings.problemWithTables()?.contains("(geo.database)") ?? false)
        try "{".write(
            to: folder.appending(path: "googlebot.json"),
            atomically: true,
            encoding: .utf8
        )
        let (bots, _, _) = try read(["--bots-ranges", folder.path])
        #expect(bots.problemWithTables()?.contains("(bots.ranges)") ?? false)
    }

    @Test func `a flag wins over the environment, and that over the file`() throws {
        let yaml = "edge: { port: 1, host: 127.0.0.1 }\ncontrol.port: 3\n"
        let environment = ["CLICKSTREAM_EDGE_PORT": "2", "CLICKSTREAM_CONTROL_PORT": "4"]
        let (settings, problems, _) = try read(["--edge-port", "5"], environment, yaml: yaml)
        #expect(problems.isEmpty)
        #expect(settings.edge.port == 5)
        #expect(settings.controlPort == 4)
        #expect(settings.edge.host == "127.0.0.1")
        #expect(settings.resolved.first { $0.key == "edge.port" }?.source == .flag("--edge-port"))
    }

    @Test func `lists are separated by commas, or are lists in the file`() throws {
        let (fromEnvironment, _, _) = try read(
            [],
            ["CLICKSTREAM_EDGE_TRUSTED_PROXIES": "10.0.0.0/8, ::1"]
        )
        #expect(fromEnvironment.edge.trustedProxies.map(\.text) == ["10.0.0.0/8", "::1"])
        let (fromFile, _, _) = try read(
            yaml: "edge:\n  trustedProxies:\n    - 10.0.0.0/8\n    - ::1\n"
        )
        #expect(fromFile.edge.trustedProxies.map(\.text) == ["10.0.0.0/8", "::1"])
    }

    @Test func `every problem is told at once, with its key`() throws {
        let yaml = "edge:\n  prot: 1\nlog:\n  retention:\n    age: soon\n"
        let environment = [
            "CLICKSTREAM_EDGE_TRUSTED_PROXIES": "10.0.0.0/40",
            "CLICKSTREAM_CAPTURE_DURABILITY": "maybe",
        ]
        let (_, problems, _) = try read(
            ["--edge-port=70000", "--edge-prot=1"],
            environment,
            yaml: yaml
        )
        #expect(problems.count == 6)
        for key in [
            "edge.prot", "log.retention.age", "edge.trustedProxies", "capture.durability",
            "edge.port",
            "--edge-prot",
        ] { #expect(problems.contains { $0.hasPrefix(key) }, "\(key) in \(problems)") }
        #expect(problems.contains { $0.contains("did you mean edge.port") })
        #expect(problems.contains { $0.contains("did you mean --edge-port") })
    }

    @Test func `an unknown variable is a warning, the command's own are none`() throws {
        let (_, problems, warnings) = try read(
            [],
            ["CLICKSTREAM_EDGE_PROT": "1", "CLICKSTREAM_URL": "x", "CLICKSTREAM_KEY": "y"]
        )
        #expect(problems.isEmpty)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("CLICKSTREAM_EDGE_PORT") ?? false)
    }

    @Test func `secrets are masked`() throws {
        let (settings, _, _) = try read([], ["CLICKSTREAM_ADMIN_KEY": "hush"])
        #expect(settings.adminKey == "hush")
        #expect(settings.resolved.first { $0.key == "admin.key" }?.value == "********")
    }

    @Test(arguments: [
        ("90s", 90.0), ("30m", 1800), ("24h", 86_400), ("7d", 604_800), ("500ms", 0.5),
        ("1.5h", 5400),
    ])
    func `durations are read`(_ text: String, _ seconds: Double) {
        #expect(AmountText.duration(text)?.inSeconds == seconds)
    }

    @Test(arguments: ["", "30", "m", "-1s", "1e3s", "nans", "99999999d", "1 h"])
    func `what is no duration is none`(_ text: String) {
        #expect(AmountText.duration(text) == nil)
    }

    @Test func `every key has its flag and its variable`() {
        let names = Dictionary(uniqueKeysWithValues: SettingKey.all.map { ($0.name, $0) })
        #expect(names["edge.trustedProxies"]?.flag == "--edge-trusted-proxies")
        #expect(names["edge.trustedProxies"]?.variable == "CLICKSTREAM_EDGE_TRUSTED_PROXIES")
        #expect(names["privacy.respectGPC"]?.variable == "CLICKSTREAM_PRIVACY_RESPECT_GPC")
    }

    @Test func `the documentation has the table of keys`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/configuration.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(
            text.contains(ConfigurationHelp.markdown),
            "docs/configuration.md is not up to date"
        )
    }
}
