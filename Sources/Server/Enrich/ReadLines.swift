import ClickModel
import Enrichment

/// What some lines of the input say: their clicks, with what events are made of, and what is wrong.
struct ReadLines: Sendable {
    /// A line that made no event.
    struct Note: Sendable {
        enum Kind: String, Sendable {
            case error, skipped
        }

        let kind: Kind
        let reason: String
        /// Counted from 1 within these lines.
        let line: Int
    }

    private(set) var clicks: ClickGroup
    /// Of each click, in order.
    private(set) var fragments: [ClickFragments] = []
    private(set) var notes: [Note] = []
    /// How many lines there were.
    private(set) var lines = 0

    init(
        _ chunk: LineChunk,
        _ reader: inout RawRequestReader,
        _ source: FragmentSource,
        longestLine: Int
    ) {
        clicks = ClickGroup(capacity: chunk.bytes.count / 512)
        chunk.forEachLine { line in
            lines += 1
            guard let line else {
                note(.error, "longer than \(longestLine) bytes")
                return
            }
            // JSON's white space alone is an empty line; other control characters are not.
            guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return }
            do throws(RawRequestRefusal) {
                try reader.read(line, at: chunk.readAt, into: &clicks)
            } catch {
                switch error {
                case .unreadable(let reason): note(.error, reason)
                case .skipped(let reason): note(.skipped, reason)
                case .unavailable: note(.error, "the catalog that knows the link can't be read")
                }
            }
        }
        fragments.reserveCapacity(clicks.count)
        clicks.forEach { fragments.append(source.fragments(of: $0, $1)) }
    }

    private mutating func note(_ kind: Note.Kind, _ reason: String) {
        notes.append(Note(kind: kind, reason: reason, line: lines))
    }
}
