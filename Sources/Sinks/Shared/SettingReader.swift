import ClickModel

/// Reads the settings of a kind one by one, and gathers what is wrong with them.
struct SettingReader {
    private(set) var problems: [SettingProblem] = []
    private let settings: [String: String]

    /// Notes every required setting that is missing, and every one that the kind doesn't know: a typo
    /// would otherwise be taken for the default.
    init(_ settings: [String: String], _ fields: [SettingField]) {
        self.settings = settings
        for field in fields where field.isRequired && text(field.name) == nil {
            note(field.name, "RequiredField", "\(field.name) is required")
        }
        let known = Set(fields.map(\.name))
        for name in settings.keys.sorted() where !known.contains(name) {
            note(name, "InvalidFormat", "is no setting of this kind")
        }
    }

    /// Keeps the first problem of each setting.
    mutating func note(_ property: String, _ code: String, _ message: String) {
        guard !problems.contains(where: { $0.property == property }) else { return }
        problems.append(SettingProblem(property: property, code: code, message: message))
    }

    mutating func noteFormat(_ property: String, _ message: String) {
        note(property, "InvalidFormat", message)
    }

    mutating func note(_ property: String, _ problem: Endpoint.Problem) {
        switch problem {
        case .format(let message): note(property, "InvalidFormat", message)
        case .refused(let message): note(property, "AddressRefused", message)
        }
    }

    /// A setting's text; nil when it is absent or empty.
    func text(_ name: String) -> String? {
        guard let text = settings[name], !text.isEmpty else { return nil }
        return text
    }

    mutating func flag(_ name: String, default standard: Bool) -> Bool {
        switch text(name) {
        case nil: return standard
        case "true"?: return true
        case "false"?: return false
        case _?:
            noteFormat(name, "\(name) is true or false")
            return standard
        }
    }

    /// Seconds, fractions allowed.
    mutating func seconds(
        _ name: String,
        in range: ClosedRange<Double>,
        default standard: Double
    ) -> Duration {
        guard let text = text(name) else { return .seconds(standard) }
        guard let seconds = Double(text), range.contains(seconds) else {
            let (lowest, highest) = (Int(range.lowerBound), Int(range.upperBound))
            noteFormat(name, "\(name) is \(lowest) to \(highest) seconds")
            return .seconds(standard)
        }
        return .seconds(seconds)
    }

    mutating func integer(
        _ name: String,
        in range: ClosedRange<Int>,
        default standard: Int
    ) -> Int {
        guard let text = text(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            noteFormat(
                name,
                "\(name) is a whole number, \(range.lowerBound) to \(range.upperBound)"
            )
            return standard
        }
        return number
    }

    /// An endpoint's URL; nil, with a problem, when it isn't one.
    mutating func endpoint(_ name: String) -> Endpoint? {
        guard let text = text(name) else { return nil }
        do {
            return try Endpoint(text)
        } catch {
            note(name, error)
            return nil
        }
    }

    /// What was read, or every problem.
    func result<Value>(_ value: Value?) -> Result<Value, SettingProblems> {
        guard let value, problems.isEmpty else { return .failure(SettingProblems(list: problems)) }
        return .success(value)
    }
}

/// Why settings can't be used.
struct SettingProblems: Error {
    let list: [SettingProblem]
}
