import Catalog
import ClickModel
import Delivery
import Edge
import EmbeddedLog
import Enrichment
import Foundation
import GRDB
import Hummingbird
import Ingest
import Logging
import ServiceLifecycle
import Sinks
import Synchronization
import Testing

@testable import Server

/// The documented event, as it must arrive.
private let golden =
    #"{"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":"pt","location":{"country":"br"},"agent":{"browser":{"name":"facebook-app","version":"227.0.0.43.158"},"os":{"name":"android","version":"android-9.0-pie"},"device":{"name":"smartphone"},"type":"human"},"session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},"referral":{"hostname":"m.facebook.com","protocol":"http","path":"/","origin":{"type":"social","name":"facebook"}},"route":{"id":"a1ec86bf91bfe763ad02f602259ea0a9","slashtag":"spring","creator":{"id":"wf09bfww4eb9jkw2844555e1ce9af4f2","workspace":{"id":"d88bfe5fgd14b2ghb44538b9aekpw89","name":"Acme"}},"domain":{"id":"9a5ae320f3e247ef8c9b6061131bb517","raw":"go.acme.com"},"destination":{"raw":"https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess","protocol":"https","hostname":"www.yourdestination.com","path":"/","params":{"query":{"utm_source":["cs_facebook_post"],"utm_medium":["customersuccess"]}}}}}"#

private let request = """
    GET /spring HTTP/1.1\r\nHost: go.acme.com\r\nX-Forwarded-For: 200.160.2.3\r\n\
    User-Agent: Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1.180610.011; wv) AppleWebKit/537.36 \
    (KHTML, like Gecko) Version/4.0 Chrome/74.0.3729.157 Mobile Safari/537.36 \
    [FB_IAB/FB4A;FBAV/227.0.0.43.158;]\r\nAccept-Language: pt-BR,pt;q=0.9\r\n\
    Referer: http://m.facebook.com/\r\nConnection: close\r\n\r\n
    """

private let tables = try? TablesLocation.find(
    configured: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: ".data/tables").path
)

@Suite(
    .enabled(
        if: tables.map {
            FileManager.default.fileExists(atPath: $0.appending(path: "VERSION").path)
        } ?? false,
        "the tables are missing: run scripts/setup"
    )
)
struct GoldenPathTests {
    /// Catalog rows and clock are set; edge, intake, encoder, log, delivery, sink and receiver are the real ones.
    @Test func `the golden click arrives byte for byte through the whole path`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clickstream-\(UUID())")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let metrics = ServiceMetrics()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

        var options = SampleReceiver.Options()
        options.header = "X-Key"
        options.value = "v"
        options.out = "\(folder)/out.ndjson"
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let receiver = try SampleReceiver(options).makeApplication(
            host: "127.0.0.1",
            port: 0,
            logger: logger,
            onRunning: { port.yield($0) }
        )
        let running = Task { try await receiver.run() }
        defer { running.cancel() }
        var iterator = ports.makeAsyncIterator()
        let receiverPort = try #require(await iterator.next())

        let catalog = try await Self.catalog(in: folder, receiverPort: receiverPort)
        var logSettings = LogSettings()
        // The golden click is of 2019.
        logSettings.retention = .seconds(100 * 366 * 86_400)
        let log = try EmbeddedLog(
            path: "\(folder)/log.db",
            settings: logSettings,
            metrics: metrics
        )
        let intake = Intake(
            encoder: try StandardEncoder(tables: Tables(in: try #require(tables)), store: log),
            log: log,
            metrics: metrics,
            logger: logger
        )
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        let supervisor = DeliverySupervisor(
            in: DeliverySurroundings(
                log: log,
                ledger: log,
                streams: catalog,
                metrics: metrics,
                logger: logger
            ),
            providers: SinkRegistry.providers(addressGuard: AddressGuard(allowed: [loopback]))
        )
        var settings = EdgeSettings()
        settings.host = "127.0.0.1"
        settings.port = 0
        settings.trustedProxies = [loopback]
        settings.now = { Timestamp(microseconds: 1_562_076_426_981_094) }
        let edge = EdgeServer(
            settings,
            intake: intake,
            links: catalog,
            metrics: metrics,
            readiness: { [] }
        )
        try await catalog.allDirectoryChanges { await edge.apply($0) }
        await supervisor.reload()
        try await edge.start()

        let answer = try await Self.exchange(port: edge.port)
        #expect(answer.hasPrefix("HTTP/1.1 302 Found\r\n"))
        var received = ""
        for _ in 0..<6000 where received.isEmpty {
            received = (try? String(contentsOfFile: "\(folder)/out.ndjson", encoding: .utf8)) ?? ""
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(received == golden + "\n")

        await edge.stop(grace: .seconds(1))
        await supervisor.stop(grace: .seconds(1))
        intake.stop()
        log.close()
        try catalog.close()
    }

    /// A catalog whose rows carry the golden case's ids.
    private static func catalog(in folder: String, receiverPort: Int) async throws -> Catalog {
        let catalog = try Catalog(CatalogSettings(directory: folder))
        let workspace = try await catalog.mainWorkspace()
        _ = try await catalog.createDomain(fullName: "go.acme.com", in: workspace)
        _ = try await catalog.createLink(
            LinkDraft(
                destination:
                    "https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess",
                slashtag: "spring"
            ),
            in: workspace,
            by: catalog.account()
        )
        _ = try await catalog.createStream(
            StreamDraft(
                destination: Destination(
                    kind: "webhook",
                    settings: [
                        "endpoint": "http://127.0.0.1:\(receiverPort)/", "method": "POST",
                        "header": "X-Key", "value": "v",
                    ]
                ),
                secretFields: ["value"],
                limits: BatchLimits(wait: .zero),
                key: "k",
                secrets: [],
                status: .active,
                start: .zero,
                startTotal: 0
            ),
            in: workspace
        )
        try catalog.close()
        let rows = try DatabaseQueue(path: "\(folder)/catalog.db")
        try await rows.write { db in
            try db.execute(
                sql: """
                    PRAGMA defer_foreign_keys = ON;
                    UPDATE accounts SET id = 'wf09bfww4eb9jkw2844555e1ce9af4f2';
                    UPDATE workspaces SET id = 'd88bfe5fgd14b2ghb44538b9aekpw89', name = 'Acme';
                    UPDATE domains SET id = '9a5ae320f3e247ef8c9b6061131bb517';
                    UPDATE links SET id = 'a1ec86bf91bfe763ad02f602259ea0a9',
                        creator = 'wf09bfww4eb9jkw2844555e1ce9af4f2';
                    """
            )
        }
        try rows.close()
        return try Catalog(CatalogSettings(directory: folder))
    }

    /// Sends the golden request and reads the answer.
    private static func exchange(port: Int) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // Blocking reads have no place on the cooperative pool's threads.
            DispatchQueue.global().async {
                continuation.resume(with: Result { try exchangeAndWait(port: port) })
            }
        }
    }

    private static func exchangeAndWait(port: Int) throws -> String {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); cat >&3; cat <&3"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(request.utf8))
        try input.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self)
    }
}
