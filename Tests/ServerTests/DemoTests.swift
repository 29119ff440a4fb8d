import Catalog
import ClickModel
import EmbeddedLog
import Foundation
import Sinks
import Testing

@testable import Server

struct DemoTests {
    @Test func `a demo whose stream was refused at an earlier start is tested anew`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clickstream-\(UUID())")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = try Catalog(CatalogSettings(directory: folder))
        let log = try EmbeddedLog(
            path: "\(folder)/log.db",
            settings: LogSettings(),
            metrics: ServiceMetrics()
        )
        defer { log.close() }
        let provider = WebhookProvider(addressGuard: AddressGuard(allowed: []))

        _ = try await Demo(catalog, log, provider, receiverPort: 9)
        let made = try #require(try await catalog.streams().first)
        #expect(made.state.status == .verifying)
        let refused = StreamState(.verifying, reason: "connection refused", since: .now)
        try await catalog.setState(refused, of: made.id, from: [.verifying])
        _ = try await Demo(catalog, log, provider, receiverPort: 9)
        let again = try await catalog.streams()
        #expect(again.map(\.id) == [made.id])
        #expect(again.first?.state.status == .verifying)
        #expect(again.first?.state.reason == nil)

        // One that was confirmed stays so.
        try await catalog.setState(
            StreamState(.active, since: .now),
            of: made.id,
            from: [.verifying]
        )
        _ = try await Demo(catalog, log, provider, receiverPort: 9)
        #expect(try await catalog.streams().first?.state.status == .active)
    }
}
