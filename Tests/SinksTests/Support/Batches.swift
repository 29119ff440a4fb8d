import ClickModel
import TestKit
import Testing

@testable import Sinks

extension AddressGuard {
    /// Lets deliveries go to this machine, and takes every name for one of these addresses of it.
    static func loopback(_ addresses: [String] = ["127.0.0.1"]) throws -> AddressGuard {
        let found = addresses.compactMap { IPAddress($0) }
        return AddressGuard(
            allowed: [try #require(AddressRange("127.0.0.0/8"))],
            lookups: NameLookups { _ in found }
        )
    }
}

extension OutgoingBatch {
    static func fixture(
        _ id: String = "msg_1",
        attempt: Int = 1,
        sequences: ClosedRange<Int64>? = 1...2,
        firstTime: Timestamp = Timestamp(microseconds: 1_562_076_426_981_094),
        replay: String? = nil,
        contentType: String = "application/json",
        body: String = #"{"data":[1,2],"key":"k"}"#
    ) -> OutgoingBatch {
        OutgoingBatch(
            id: id,
            attempt: attempt,
            sequences: sequences,
            isTest: sequences == nil,
            firstTime: firstTime,
            replay: replay,
            contentType: contentType,
            body: Array(body.utf8)
        )
    }
}

extension DeliveryOutcome {
    /// The sentence of a failure or a refusal.
    var words: String? {
        switch self {
        case .failed(let failure), .refused(let failure, _), .gone(let failure): failure.message
        case .delivered, .abandoned: nil
        }
    }

    var isDelivered: Bool {
        if case .delivered = self { true } else { false }
    }

    var isFailed: Bool {
        if case .failed = self { true } else { false }
    }
}

extension SinkProvider {
    /// A stream's sink with these settings.
    func sink(
        _ settings: [String: String],
        id: String = "s1",
        secrets: [String] = []
    ) -> any Sink {
        let destination = Destination(kind: kind, settings: settings)
        return makeSink(for: .fixture(id, destination: destination, secrets: secrets))
    }
}
