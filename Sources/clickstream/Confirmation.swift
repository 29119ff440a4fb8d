import Foundation
import NIOHTTP1

/// Waits until a stream's test delivery was answered, and says how.
struct Confirmation {
    private let options: ServiceOptions

    init(_ options: ServiceOptions) { self.options = options }

    /// Waits until another destination that was asked for has accepted a test delivery; returns at once where none was.
    func waitForPending(of id: String) async throws {
        let client = try ServiceClient(options)
        for _ in 0..<300 {
            let stream = try await client.call(.GET, Streams.path(id)) as? [String: Any] ?? [:]
            guard let pending = stream["pending"] as? [String: Any] else { return }
            if let reason = pending["reason"] as? String {
                throw Failed(
                    "the new settings don't count yet: the endpoint didn't accept the test delivery: \(reason)\n"
                        + "Mend it, then: clickstream streams verify \(id)"
                )
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failed("no answer to the test delivery yet: see clickstream streams show \(id)")
    }

    /// Waits up to half a minute; a stream that isn't confirmed fails the command.
    func wait(for id: String) async throws {
        let client = try ServiceClient(options)
        for _ in 0..<300 {
            let stream = try await client.call(.GET, Streams.path(id)) as? [String: Any] ?? [:]
            let status = stream["status"] as? String ?? ""
            let reason = stream["statusReason"] as? String
            if status == "requested" {
                Printing.error("The stream waits for the operator's approval.")
                return
            }
            if status != "verifying" {
                Printing.error("The stream is \(status).")
                return
            }
            if let reason {
                throw Failed(
                    "the endpoint didn't accept the test delivery: \(reason)\n"
                        + "Mend it, then: clickstream streams verify \(id)"
                )
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failed("no answer to the test delivery yet: see clickstream streams show \(id)")
    }
}
