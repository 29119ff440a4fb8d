import ClickModel

/// A batch as an object: the same key and the same bytes on every attempt.
struct S3Object: Sendable {
    let key: String
    let contentType: String
    let body: [UInt8]
}

extension S3Object {
    init(_ batch: OutgoingBatch, of stream: EventStream.ID, _ settings: S3Settings) throws {
        guard let sequences = batch.sequences else {
            self.init(
                key: "\(settings.prefix)clickstream-test.ndjson",
                contentType: NDJSON.contentType,
                body: batch.body
            )
            return
        }
        let first = NDJSON.digits(sequences.lowerBound)
        let last = NDJSON.digits(sequences.upperBound)
        let name = "\(NDJSON.name(of: stream))-\(first)-\(last).ndjson"
        let place = "\(settings.prefix)\(Self.folders(batch.firstTime))/\(name)"
        guard settings.isCompressed else {
            self.init(key: place, contentType: NDJSON.contentType, body: batch.body)
            return
        }
        self.init(
            key: "\(place).gz",
            // No Content-Encoding: a client that honoured it would store a .gz that isn't one.
            contentType: "application/gzip",
            body: try Gzip.compressed(batch.body)
        )
    }

    /// `year=2019/month=07/day=02/hour=14`, in UTC.
    private static func folders(_ time: Timestamp) -> String {
        let text = time.description
        let parts = text.split { $0 == "-" || $0 == "T" || $0 == ":" }.prefix(4)
        return zip(["year", "month", "day", "hour"], parts).map { "\($0)=\($1)" }
            .joined(separator: "/")
    }
}
