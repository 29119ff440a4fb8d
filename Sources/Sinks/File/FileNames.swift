import ClickModel

/// What the files of one stream are called.
struct FileNames: Sendable {
    /// The setting `name` and the stream's id, or the id alone: two streams never share a file.
    private let base: String

    init(_ name: String?, of stream: EventStream.ID) {
        let id = NDJSON.name(of: stream)
        base = name.map { "\($0)-\(id)" } ?? id
    }

    /// The file that batches are added to.
    var open: String { "\(base).ndjson.open" }
    /// The list of its batches.
    var list: String { "\(base).batches.open" }
    /// A finished file while it is being compressed.
    var part: String { "\(base).gz.part" }
    /// What a test delivery leaves.
    var test: String { "\(base).clickstream-test.ndjson" }

    /// A finished file: names sort by when their files were begun.
    func finished(
        begun: Timestamp,
        sequences: ClosedRange<Int64>,
        isCompressed: Bool
    ) -> String {
        let first = NDJSON.digits(sequences.lowerBound)
        let last = NDJSON.digits(sequences.upperBound)
        return "\(base).\(Self.compact(begun)).\(first)-\(last).ndjson\(isCompressed ? ".gz" : "")"
    }

    /// A file that was there without its list.
    func setAside(at time: Timestamp) -> String { "\(base).\(Self.compact(time)).unlisted.ndjson" }

    /// `20190702T140706981Z`.
    private static func compact(_ time: Timestamp) -> String {
        let digits = time.description.filter { $0 != "-" && $0 != ":" && $0 != "." }
        return digits.dropLast(4) + "Z"
    }
}
