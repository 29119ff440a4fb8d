import ClickModel
import Hummingbird

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
    static func read(_ request: Request, _ context: ControlContext) async throws -> Fields {
        switch try await readAny(request, context) {
        case nil: return Fields([])
        case .object(let members)?: return Fields(members)
        default: throw APIError.unreadable("the body must be a JSON object")
        }
    }

    /// The body of a request as JSON; nil for one without a body.
    static func readAny(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> JSON? {
        let bytes = try await request.bytes(upTo: largestBody, context)
        guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else {
            return nil
        }
        do throws(JSONProblem) {
            return try JSONReader.read(bytes)
        } catch {
            throw APIError.unreadable(error.message)
        }
    }

    /// The members of each object in an array, their problems told as `[2].slashtag`.
    ///
    /// - Throws: 400 for what is no object, 403 for more than so many.
    static func each(_ elements: [JSON], atMost most: Int) throws(APIError) -> [Fields] {
        guard elements.count <= most else {
            throw .invalid("body", "at most \(most) at once")
        }
        var all: [Fields] = []
        for (index, element) in elements.enumerated() {
            guard case .object(let members) = element else {
                throw .unreadable("element \(index) of the body is no JSON object")
            }
            all.append(Fields(members, prefix: elements.count == 1 ? "" : "[\(index)]."))
        }
        return all
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

    /// Whether a member is there at all.
    func isGiven(_ name: String) -> Bool { members[name] != nil }

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
        note(name, "RequiredField", "is required")
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

    /// A list of texts.
    func strings(_ name: String, atMost most: Int) -> [String]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value, elements.count <= most else {
            note(name, "InvalidFormat", "must be a list of at most \(most) texts")
            return nil
        }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element, !text.unicodeScalars.contains("\0") else {
                note(name, "InvalidFormat", "must be a list of texts")
                return nil
            }
            texts.append(text)
        }
        return texts
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
