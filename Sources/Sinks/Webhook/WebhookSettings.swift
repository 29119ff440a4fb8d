import ClickModel

/// What a webhook is made of, checked.
struct WebhookSettings: Sendable {
    enum Field {
        static let endpoint = "endpoint"
        static let method = "method"
        static let header = "header"
        static let value = "value"
        static let timeout = "timeout"
    }

    static let fields = [
        SettingField(
            name: Field.endpoint,
            isRequired: true,
            isSecret: false,
            summary: "Where batches are sent: an http or https URL."
        ),
        SettingField(
            name: Field.method,
            isRequired: true,
            isSecret: false,
            summary: "POST or PUT."
        ),
        SettingField(
            name: Field.header,
            isRequired: true,
            isSecret: false,
            summary: "The authentication header's name."
        ),
        SettingField(
            name: Field.value,
            isRequired: true,
            isSecret: true,
            summary: "The authentication header's value, sent verbatim."
        ),
        SettingField(
            name: Field.timeout,
            isRequired: false,
            isSecret: false,
            summary: "Seconds for a whole attempt, 1 to 60; 15 unless set."
        ),
    ]

    private static let timeouts = 1.0...60.0
    private static let defaultTimeout = 15.0
    /// Names that belong to HTTP or to us; `content-*` and `webhook-*` are refused as a whole.
    private static let reservedHeaders: Set = [
        "host", "connection", "transfer-encoding", "te", "upgrade", "expect", "keep-alive",
        "trailer",
        "proxy-connection", "user-agent",
    ]

    let endpoint: Endpoint
    let method: String
    let header: String
    let value: String
    let timeout: Duration

    /// Reads settings, or gives every problem at once.
    static func read(_ settings: [String: String]) -> Result<WebhookSettings, Problems> {
        var problems: [SettingProblem] = []
        for field in fields where field.isRequired && (settings[field.name] ?? "").isEmpty {
            problems.append(
                SettingProblem(
                    property: field.name,
                    code: "Required",
                    message: "\(field.name) is required"
                )
            )
        }
        func note(_ property: String, _ code: String, _ message: String) {
            guard !problems.contains(where: { $0.property == property }) else { return }
            problems.append(SettingProblem(property: property, code: code, message: message))
        }
        var endpoint: Endpoint?
        do {
            endpoint = try Endpoint(settings[Field.endpoint] ?? "")
        } catch {
            switch error {
            case .format(let message): note(Field.endpoint, "InvalidFormat", message)
            case .refused(let message): note(Field.endpoint, "AddressRefused", message)
            }
        }
        let method = settings[Field.method] ?? ""
        if method != "POST", method != "PUT" {
            note(Field.method, "InvalidFormat", "the method is POST or PUT")
        }
        let header = settings[Field.header] ?? ""
        if let message = problem(withHeader: header) {
            note(Field.header, "InvalidFormat", message)
        }
        let value = settings[Field.value] ?? ""
        if let message = problem(withValue: value) { note(Field.value, "InvalidFormat", message) }
        var timeout = defaultTimeout
        if let text = settings[Field.timeout], !text.isEmpty {
            if let seconds = Double(text), timeouts.contains(seconds) {
                timeout = seconds
            } else {
                note(Field.timeout, "InvalidFormat", "the timeout is 1 to 60 seconds")
            }
        }
        guard let endpoint, problems.isEmpty else { return .failure(Problems(list: problems)) }
        return .success(
            WebhookSettings(
                endpoint: endpoint,
                method: method,
                header: header,
                value: value,
                timeout: .seconds(timeout)
            )
        )
    }

    struct Problems: Error {
        let list: [SettingProblem]
    }

    private static func problem(withHeader name: String) -> String? {
        let punctuation = Set("!#$%&'*+-.^_`|~".utf8)
        let isToken = name.utf8.allSatisfy { byte in
            0x30...0x39 ~= byte || 0x61...0x7A ~= byte.asciiLowercased || punctuation.contains(byte)
        }
        guard isToken, (1...128).contains(name.utf8.count) else {
            return "a header's name is made of letters, digits and !#$%&'*+-.^_`|~"
        }
        let lowered = name.lowercased()
        let isReserved =
            reservedHeaders.contains(lowered) || lowered.hasPrefix("content-")
            || lowered.hasPrefix("webhook-")
        return isReserved
            ? "\(name) can't be the authentication header: it is set for each request" : nil
    }

    private static func problem(withValue value: String) -> String? {
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), value.utf8.count <= 8192 else {
            return "a header's value has no control characters and at most 8,192 bytes"
        }
        guard value.first != " ", value.last != " " else {
            return "a header's value neither begins nor ends with a space: HTTP would drop it"
        }
        return nil
    }
}
