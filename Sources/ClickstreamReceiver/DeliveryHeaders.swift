/// The `webhook-` headers of a request; names in any case.
public struct DeliveryHeaders: Sendable {
    private var values: [String: String] = [:]
    private var repeated: Set<String> = []

    /// Takes all headers of a request and keeps those that say something of a delivery.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        for (name, value) in fields { add(name, value) }
    }

    /// Takes all headers of a request and keeps those that say something of a delivery.
    public init(_ fields: [String: String]) {
        for (name, value) in fields { add(name, value) }
    }

    private mutating func add(_ name: String, _ value: String) {
        let name = name.lowercased()
        guard name.hasPrefix("webhook-") else { return }
        if values.updateValue(value, forKey: name) != nil { repeated.insert(name) }
    }

    /// A header's value by its name in lower case; nil when it isn't there.
    ///
    /// Refused when it came twice: which of the two was signed can't be known.
    func value(_ name: String) throws(ReceiverError) -> String? {
        guard !repeated.contains(name) else { throw .malformedHeader(name) }
        return values[name]
    }

    /// The value of a header that has to be there.
    func required(_ name: String) throws(ReceiverError) -> String {
        guard let value = try value(name) else { throw .missingHeader(name) }
        return value
    }

    /// A header's value as a number within bounds; nil when it isn't there.
    func number(_ name: String, in bounds: ClosedRange<Int64>) throws(ReceiverError) -> Int64? {
        guard let text = try value(name) else { return nil }
        guard let number = text.decimal, bounds.contains(number) else {
            throw .malformedHeader(name)
        }
        return number
    }

    /// The batch's id.
    ///
    /// A dot in it is refused: the signature is over `id.timestamp.body`, and must not fit two
    /// splits.
    func id() throws(ReceiverError) -> String {
        let id = try required("webhook-id")
        guard 1...256 ~= id.utf8.count, id.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x2E })
        else { throw .malformedHeader("webhook-id") }
        return id
    }
}

extension String {
    /// The number that plain decimal digits name; nil for anything else, and for what is too large.
    var decimal: Int64? {
        utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int64(self) : nil
    }
}
