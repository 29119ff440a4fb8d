import ClickModel
import Foundation
import Synchronization
import TestKit
import Testing

@testable import Sinks

/// A name service that answers for `good` and hangs for every other name until it is let go.
private final class SlowNames: Sendable {
    let asked = Mutex<[String]>([])
    private let letGo = DispatchSemaphore(value: 0)
    private let address: IPAddress

    init(_ address: String) throws { self.address = try #require(IPAddress(address)) }

    var lookups: NameLookups {
        NameLookups { [self] name in
            asked.withLock { $0.append(name) }
            if name != "good.test" { letGo.wait() }
            return [address]
        }
    }

    func end() { for _ in 0..<16 { letGo.signal() } }
}

@Suite struct NameLookupsTests {
    @Test func `one look-up of a name is under way at a time, and serves all who wait`()
        async throws
    {
        let names = try SlowNames("8.8.8.8")
        let lookups = names.lookups
        async let first = lookups.addresses(of: "slow.test")
        async let second = lookups.addresses(of: "slow.test")
        // A name that hangs is not felt by another one.
        #expect(await lookups.addresses(of: "good.test")?.count == 1)
        let cancelled = Task { await lookups.addresses(of: "slow.test") }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        names.end()
        #expect(await first?.count == 1)
        #expect(await second?.count == 1)
        #expect(names.asked.withLock { $0.filter { $0 == "good.test" }.count } == 1)
    }

    @Test func `a name service that hangs costs an attempt its time and no more`() async throws {
        let names = try SlowNames("8.8.8.8")
        let provider = WebhookProvider(
            addressGuard: AddressGuard(allowed: [], lookups: names.lookups)
        )
        let settings = [
            "endpoint": "http://slow.test/hook", "method": "POST", "header": "X-Key",
            "value": "a-secret-value", "timeout": "1",
        ]
        let destination = Destination(kind: "webhook", settings: settings)
        let sink = provider.makeSink(for: .fixture(destination: destination))
        let batch = OutgoingBatch(
            id: "msg_1",
            attempt: 1,
            sequences: 1...1,
            firstTime: Timestamp(microseconds: 0),
            contentType: "application/json",
            body: []
        )
        guard case .failed(let failure) = await sink.deliver(batch) else {
            Issue.record("an attempt without an address can't succeed")
            return
        }
        #expect(failure.message.contains("name was not resolved"))
        let stopped = Task { await sink.deliver(batch) }
        stopped.cancel()
        #expect(await stopped.value == .abandoned)
        await sink.close()
        names.end()
    }

    @Test func `a refusal tells no address that a name led to`() async throws {
        let names = try SlowNames("10.1.2.3")
        let guarded = AddressGuard(allowed: [], lookups: names.lookups)
        await #expect {
            try await guarded.addresses(of: .name("good.test"))
        } throws: { error in
            guard case .refused(let message)? = error as? AddressGuard.Refusal else { return false }
            return message.contains("good.test") && !message.contains("10.1.2.3")
        }
    }
}
