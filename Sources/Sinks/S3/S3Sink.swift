import ClickModel

/// Puts each batch into a bucket as one object.
final class S3Sink: Sink {
    /// What is larger goes in parts of this size; a store wants 5 MiB at least.
    private static let partBytes = 8 << 20
    /// For throwing away the parts of an upload that failed.
    private static let abortLimit = Duration.seconds(5)

    private let settings: S3Settings
    private let stream: EventStream.ID
    private let client: S3Client
    private let redaction: Redaction

    init(_ settings: S3Settings, of stream: EventStream.ID, key: String, addressGuard: AddressGuard)
    {
        self.settings = settings
        self.stream = stream
        client = S3Client(settings, addressGuard: addressGuard)
        redaction = Redaction([settings.credentials.secretKey, key])
    }

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        guard let object = try? S3Object(batch, of: stream, settings) else {
            return .failed(DeliveryFailure(message: "the batch could not be compressed"))
        }
        let deadline = ContinuousClock.now + settings.timeout
        do {
            let answer =
                object.body.count > Self.partBytes
                ? try await putInParts(object, until: deadline)
                : try await client.put(object, until: deadline)
            return .delivered(DeliveryAnswer(status: answer.status, text: object.key))
        } catch {
            switch error {
            case .answered(let answer): return S3Answer.outcome(answer, redaction)
            case .unanswered(.abandoned): return .abandoned
            case .unanswered(.failed(let words)): return .failed(DeliveryFailure(message: words))
            }
        }
    }

    func close() async { client.close() }

    private func putInParts(
        _ object: S3Object,
        until deadline: ContinuousClock.Instant
    ) async throws(S3Client.Failure) -> GuardedAnswer {
        let upload = try await client.beginParts(object, until: deadline)
        do {
            var tags: [String] = []
            for start in stride(from: 0, to: object.body.count, by: Self.partBytes) {
                let end = min(start + Self.partBytes, object.body.count)
                tags.append(
                    try await client.put(
                        part: tags.count + 1,
                        object.body[start..<end],
                        of: object,
                        upload: upload,
                        until: deadline
                    )
                )
            }
            return try await client.complete(object, upload: upload, tags: tags, until: deadline)
        } catch {
            // Not waited for: the time is up, or the one who waited is gone. Where it fails, the
            // store's own rule for unfinished uploads does it.
            let client = client
            Task {
                try? await client.abort(object, upload: upload, until: .now + Self.abortLimit)
            }
            throw error
        }
    }
}
