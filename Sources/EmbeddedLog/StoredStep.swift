import ClickModel
import GRDB
import Synchronization

/// A stream's step as its rows: on its way through the journal into SQLite.
struct StoredStep: Sendable, Equatable {
    /// What a column of these rows has.
    enum Value: Sendable, Equatable {
        case null
        case number(Int64)
        case text(String)
    }

    /// No stream makes so many steps: a row with such a number is damaged.
    static let impossible = Int64.max / 4

    /// More marks wait only where SQLite takes none; they are for convenience.
    private static let mostMarks = 1024

    /// The stream's row of `positions`, in the order of its columns.
    let position: [Value]
    /// Its rows of `marks`: this step's, and those of steps that SQLite never saw.
    private(set) var marks: [[Value]]

    init(_ step: DeliveryStep, number: Int64) throws {
        position = try DeliveryRows.values(of: step.position, step: number)
        marks = step.isMark ? [try DeliveryRows.mark(of: step.position)] : []
    }

    /// Whose it is.
    var stream: String { if case .text(let stream)? = position.first { stream } else { "" } }

    /// Steps are numbered as they are made: of two of a stream the later one counts.
    var number: Int64 {
        if case .number(let number)? = position.dropFirst().first { number } else { 0 }
    }

    /// How many pages of SQLite it dirties, about: one of `positions`, two of `marks` and its index.
    var pages: Int { 1 + 2 * marks.count }

    /// Takes over what an earlier step leaves that this one says nothing of.
    mutating func follow(_ earlier: StoredStep) {
        marks = (earlier.marks + marks).suffix(Self.mostMarks)
    }

    /// Forgets marks that SQLite got by way of an earlier step.
    mutating func dropMarks(_ stored: [[Value]]) {
        let last = stored.last.flatMap { marks.lastIndex(of: $0) }
        if let last { marks.removeFirst(last + 1) }
    }

    /// Writes it into SQLite, unless that has a later one.
    func put(into db: Database) throws {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT step FROM positions WHERE stream = ?"),
            arguments: [stream]
        )
        guard known.map({ $0 < number || $0 >= Self.impossible }) ?? true else { return }
        try DeliveryRows.put(db, position)
        for mark in marks { try DeliveryRows.addMark(db, mark) }
    }

    // MARK: - As bytes

    /// The bytes of the journal: rows, each after the number of its columns; a number of zero ends them.
    func append(to bytes: ByteWriter) {
        for row in [position] + marks {
            bytes.append(UInt8(clamping: row.count))
            for value in row { value.append(to: bytes) }
        }
        bytes.append(0)
    }

    /// Reads the steps that some bytes of the journal hold; nil when they hold anything else.
    static func steps(_ bytes: ByteView) -> [StoredStep]? {
        var steps: [StoredStep] = []
        var place = 0
        while place < bytes.count {
            var rows: [[Value]] = []
            while true {
                guard place < bytes.count else { return nil }
                let columns = Int(bytes[place])
                place += 1
                if columns == 0 { break }
                var row: [Value] = []
                for _ in 0..<columns {
                    guard let value = Value(bytes, at: &place) else { return nil }
                    row.append(value)
                }
                rows.append(row)
            }
            guard let position = rows.first else { return nil }
            let step = StoredStep(position: position, marks: Array(rows.dropFirst()))
            guard !step.stream.isEmpty, step.number > 0 else { return nil }
            steps.append(step)
        }
        return steps
    }

    private init(position: [Value], marks: [[Value]]) {
        (self.position, self.marks) = (position, marks)
    }
}

extension StoredStep.Value {
    private enum Kind: UInt8 { case null, number, text }

    init(_ number: Int64?) { self = number.map(Self.number) ?? .null }

    init(_ text: String?) { self = text.map(Self.text) ?? .null }

    fileprivate func append(to bytes: ByteWriter) {
        switch self {
        case .null: bytes.append(Kind.null.rawValue)
        case .number(let number):
            bytes.append(Kind.number.rawValue)
            bytes.append(littleEndian: number)
        case .text(let text):
            bytes.append(Kind.text.rawValue)
            bytes.append(littleEndian: UInt32(clamping: text.utf8.count))
            bytes.append(text: text)
        }
    }

    /// Reads the value at a place and goes on behind it; nil when there is none.
    fileprivate init?(_ bytes: ByteView, at place: inout Int) {
        guard place < bytes.count else { return nil }
        let kind = Kind(rawValue: bytes[place])
        place += 1
        switch kind {
        case .null: self = .null
        case .number:
            guard bytes.count - place >= 8 else { return nil }
            self = .number(Int64(bitPattern: bytes.long(at: place)))
            place += 8
        case .text:
            guard bytes.count - place >= 4 else { return nil }
            let length = Int(bytes.number(at: place))
            place += 4
            guard bytes.count - place >= length else { return nil }
            self = .text(bytes.view(place, place + length).text)
            place += length
        case nil: return nil
        }
    }
}

extension StoredStep.Value: DatabaseValueConvertible {
    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .number(let number): number.databaseValue
        case .text(let text): text.databaseValue
        }
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
        switch value.storage {
        case .null: .null
        case .int64(let number): .number(number)
        case .string(let text): .text(text)
        default: nil
        }
    }
}

/// Numbers the steps of all streams.
final class StepNumbers: Sendable {
    private let last: Atomic<Int64>

    init(behind last: Int64) { self.last = Atomic(last) }

    func next() -> Int64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
