package import ClickModel

/// The kind `s3`: batches as objects in a bucket of any store that speaks S3's API.
package struct S3Provider: SinkProvider {
    package let kind = "s3"
    package let fields = S3Settings.fields

    private let addressGuard: AddressGuard

    package init(addressGuard: AddressGuard) { self.addressGuard = addressGuard }

    package func framing(for format: EventFormat, key: String) -> BodyFraming {
        NDJSON.framing
    }

    package func problems(with settings: [String: String]) async -> [SettingProblem] {
        switch S3Settings.read(settings) {
        case .failure(let problems): problems.list
        case .success(let settings):
            await addressGuard.problems(
                with: settings.endpoint.host,
                of: S3Settings.Field.endpoint
            )
        }
    }

    package func makeSink(for stream: EventStream) -> any Sink {
        switch S3Settings.read(stream.destination.settings) {
        case .success(let settings):
            S3Sink(settings, of: stream.id, key: stream.key.text, addressGuard: addressGuard)
        case .failure(let problems): UnusableSink(problems)
        }
    }
}
