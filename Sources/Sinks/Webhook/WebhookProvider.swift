package import ClickModel

/// The kind `webhook`: batches as HTTP requests.
package struct WebhookProvider: SinkProvider {
    package let kind = "webhook"
    package let fields = WebhookSettings.fields
    /// How long saving waits for a name; the attempts look again.
    private static let lookupLimit = Duration.seconds(5)

    private let addressGuard: AddressGuard

    package init(addressGuard: AddressGuard) { self.addressGuard = addressGuard }

    package func framing(for format: EventFormat, key: String) -> BodyFraming {
        let suffix = ByteWriter(capacity: 64)
        suffix.append("],\"key\":")
        suffix.append(json: key)
        suffix.append(0x7D)
        return BodyFraming(
            contentType: "application/json",
            prefix: Array("{\"data\":[".utf8),
            separator: Array(",".utf8),
            suffix: Array(suffix.bytes)
        )
    }

    package func problems(with settings: [String: String]) async -> [SettingProblem] {
        switch WebhookSettings.read(settings) {
        case .failure(let problems): return problems.list
        case .success(let settings):
            do {
                _ = try await withTimeout(Self.lookupLimit) {
                    try await addressGuard.addresses(of: settings.endpoint.host)
                }
                return []
            } catch {
                guard case AddressGuard.Refusal.refused(let message) = error else { return [] }
                return [
                    SettingProblem(property: "endpoint", code: "AddressRefused", message: message)
                ]
            }
        }
    }

    package func makeSink(for stream: EventStream) -> any Sink {
        switch WebhookSettings.read(stream.destination.settings) {
        case .success(let settings):
            return WebhookSink(
                settings,
                key: stream.key.text,
                secrets: stream.secrets,
                addressGuard: addressGuard
            )
        case .failure(let problems):
            return UnusableSink(reason: problems.list.map(\.message).joined(separator: "; "))
        }
    }
}

/// Stands for a destination whose stored settings no longer pass the checks: every attempt says why.
private struct UnusableSink: Sink {
    let reason: String

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        .failed(DeliveryFailure(message: reason))
    }

    func close() async {}
}
