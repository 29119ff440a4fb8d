import Foundation

/// The events of a body, each with the bytes that were sent, and the key beside them.
struct BatchBody {
    let framing: Batch.Framing
    private(set) var key: String?
    private(set) var events: [Data] = []

    /// Fails when the body is not JSON or of neither framing.
    init?(_ body: Data) {
        let bytes = Array(body)
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var scanner = JSONScanner(bytes)
        scanner.passSpace()
        if scanner.peek == UInt8(ascii: "[") {
            framing = .array
            guard takeEvents(&scanner) else { return nil }
        } else {
            framing = .envelope
            guard takeMembers(&scanner) else { return nil }
        }
        scanner.passSpace()
        guard scanner.isAtEnd else { return nil }
    }

    /// Takes the envelope; members beside `data` and `key` are passed over, and neither of these
    /// may come twice.
    private mutating func takeMembers(_ scanner: inout JSONScanner) -> Bool {
        var names: Set<String> = []
        let isObject = scanner.passMembers { name, scanner in
            guard let name = Self.text(scanner.bytes[name]) else { return false }
            switch name {
            case "data":
                return names.insert(name).inserted && takeEvents(&scanner)
            case "key":
                guard names.insert(name).inserted, let value = scanner.passValue() else {
                    return false
                }
                key = Self.text(scanner.bytes[value])
                return key != nil || scanner.bytes[value].elementsEqual("null".utf8)
            default:
                return scanner.passValue() != nil
            }
        }
        return isObject && names.contains("data")
    }

    private mutating func takeEvents(_ scanner: inout JSONScanner) -> Bool {
        scanner.passElements { scanner in
            guard scanner.peek == UInt8(ascii: "{"), let event = scanner.passValue() else {
                return false
            }
            events.append(Data(scanner.bytes[event]))
            return true
        }
    }

    /// The text of a JSON string; nil when it is none, or has half a surrogate pair.
    private static func text(_ json: ArraySlice<UInt8>) -> String? {
        try? JSONDecoder().decode(String.self, from: Data(json))
    }
}
