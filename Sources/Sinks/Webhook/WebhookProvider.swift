package import ClickModel

/// The kind `webhook`: batches as HTTP requests.
package struct WebhookProvider: SinkProvider {
    package let kind = "webhook"
    package let fields = WebhookSettings.fields

    private let addressGuard: AddressGuard

    package init(addressGuard: AddressGuard) { self.addressGuard = addressGuard }

    package func framing(for format: EventFormat, key: String) -> BodyFraming {
        switch format {
        case .rebrandly, .extended:
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
        case .cloudevents:
            // The bare array: there is no envelope, and so no key.
            return BodyFraming(
                contentType: "application/cloudevents-batch+json",
                prefix: Array("[".utf8),
                separator: Array(",".utf8),
                suffix: Array("]".utf8)
            )
        }
    }

    package func problems(with settings: [String: String]) async -> [SettingProblem] {
        switch WebhookSettings.read(settings) {
        case .failure(let problems): return problems.list
        case .success(let settings):
            var problems = await addressGuard.problems(
                with: settings.endpoint.host,
                of: WebhookSettings.Field.endpoint
            )
            if let proxy = settings.proxy {
                problems += await addressGuard.problems(
                    with: proxy.endpoint.host,
                    of: WebhookSettings.Field.proxy
                )
            }
            return problems
        }
    }

    /// A sink for what is told to an endpoint of the operator's own: signed, without an authentication header.
    ///
    /// - Returns: The sink; nil when that is no endpoint.
    package func makeNoticeSink(to endpoint: String, secret: SigningSecret) -> (any Sink)? {
        guard let endpoint = try? Endpoint(endpoint) else { return nil }
        return WebhookSink(
            .operators(endpoint),
            keys: [],
            secrets: [secret],
            addressGuard: addressGuard
        )
    }

    package func makeSink(for stream: EventStream) -> any Sink {
        switch WebhookSettings.read(stream.destination.settings) {
        case .success(let settings):
            return WebhookSink(
                settings,
                keys: ([stream.key] + stream.previousKeys).map(\.text),
                secrets: stream.secrets,
                addressGuard: addressGuard
            )
        case .failure(let problems): return UnusableSink(problems)
        }
    }
}
