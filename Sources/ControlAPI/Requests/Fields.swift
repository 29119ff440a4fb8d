import ClickModel
import Hummingbird
import NIOCore

/// The connection failed, or spoke no HTTP, while a body was read.
struct UnreadableBody: Error {
    let underlying: any Error
}

/// A request's JSON object, read member by member; problems are gathered and told together.
///
/// Empty strings and null mean absent.
final class Fields {
    private static let largestBody = 1 << 20
    /// More help nobody: a body may have a hundred thousand members.
    private static let mostProblems = 50

    private let members: [String: JSON]
    private let prefix: String
    private(set) var problems: [SettingProblem] = []
    private var noted: Set<String> = []

    init(_ members: [JSON.Member], prefix: String = "") {
        self.members = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
        self.prefix = prefix
    }

    /// The body of a request; one without a body has no members.
    static func read(_ request: Request) async throws -> Fields {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: largestBody)
        } catch is NIOTooManyBytesError {
            throw APIError(
                status: .contentTooLarge,
                code: "TooLarge",
                message: "a body has at most \(largestBody) bytes"
            )
        } catch {
            throw UnreadableBody(underlying: error)
        }
        let bytes = Array(buffer.readableBytesView)
        guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else {
            return Fields([])
        }
        do throws(JSONProblem) {
            guard case .object(let members) = try JSONReader.read(bytes) else {
                throw JSONProblem(message: "the body must be a JSON object")
            }
            return Fields(members)
        } catch {
            throw APIError(status: .badRequest, code: "InvalidFormat", message: error.message)
        }
    }

    var names: [String] { members.keys.sorted() }

    /// Whether a member is there and neither null nor an empty string.
    func has(_ name: String) -> Bool {
        switch members[name] {
        case nil, .null, .string(""): false
        default: true
        }
    }

    /// Whether a member is there as null.
    func isNull(_ name: String) -> Bool { members[name] == .null }

    func value(_ name: String) -> JSON? { has(name) ? members[name] : nil }

    func note(_ name: String, _ code: String, _ message: String) {
        guard problems.count < Self.mostProblems, noted.insert(name).inserted else { return }
        problems.append(SettingProblem(property: prefix + name, code: code, message: message))
    }

    /// - Throws: 403 with every problem that was noted.
    func check() throws(APIError) {
        guard problems.isEmpty else { throw .invalid(problems) }
    }

    func string(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        // SQLite ends a text at its first NUL.
        guard case .string(let text) = value, !text.unicodeScalars.contains("\0") else {
            note(name, "InvalidFormat", "must be a string")
            return nil
        }
        return text
    }

    func required(_ name: String) -> String {
        if let text = string(name) { return text }
        note(name, "Required", "is required")
        return ""
    }

    func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else {
            note(name, "InvalidFormat", "must be true or false")
            return nil
        }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        number(name, in: Double(range.lowerBound)...Double(range.upperBound)) {
            Int(exactly: $0)
        }
    }

    func decimal(_ name: String, in range: ClosedRange<Double>) -> Double? {
        number(name, in: range) { $0 }
    }

    /// An object's own members; its problems come with `absorb`.
    func object(_ name: String) -> Fields? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else {
            note(name, "InvalidFormat", "must be an object")
            return nil
        }
        return Fields(members, prefix: prefix + name + ".")
    }

    /// Takes over what was wrong with a part.
    func absorb(_ part: Fields) { problems += part.problems }

    private func number<Number>(
        _ name: String,
        in range: ClosedRange<Double>,
        _ convert: (Double) -> Number?
    ) -> Number? {
        guard let value = value(name) else { return nil }
        guard case .number(let text) = value, let number = Double(text), range.contains(number),
            let converted = convert(number)
        else {
            let low = JSON.decimal(range.lowerBound).shown
            let high = JSON.decimal(range.upperBound).shown
            note(name, "InvalidFormat", "must be a number from \(low) to \(high)")
            return nil
        }
        return converted
    }
}

extension JSON {
    /// The text of a number.
    fileprivate var shown: String {
        if case .number(let text) = self { return text }
        return ""
    }
}
