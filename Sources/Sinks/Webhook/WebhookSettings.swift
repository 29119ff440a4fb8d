import ClickModel

/// What a webhook is made of, checked.
struct WebhookSettings: Sendable {
    private static let timeouts = 1.0...60.0
    private static let defaultTimeout = 15.0
    /// Names that belong to HTTP or to us; `content-*` and `webhook-*` are refused as a whole.
    private static let reservedHeaders: Set = [
        "host", "connection", "transfer-encoding", "te", "upgrade", "expect", "keep-alive",
        "proxy-connection", "trailer", "user-agent",
    ]

    let endpoint: Endpoint
    let method: String
    /// A stream's always has one.
    let authentication: (header: String, value: String)?
    let timeout: Duration
    let isCompressed: Bool
    let tls: ClientTLS
    let proxy: ProxyAddress?
    /// What nobody but the endpoint and the proxy may see.
    let secrets: [String]

    /// Reads settings, or gives every problem that can be seen without a resolver.
    static func read(_ settings: [String: String]) -> Result<WebhookSettings, SettingProblems> {
        var reader = SettingReader(settings, fields)
        let endpoint = reader.endpoint(Field.endpoint)
        let method = reader.text(Field.method) ?? ""
        if method != "POST", method != "PUT" {
            reader.noteFormat(Field.method, "the method is POST or PUT")
        }
        let header = reader.text(Field.header) ?? ""
        if let message = problem(withHeader: header) { reader.noteFormat(Field.header, message) }
        let value = reader.text(Field.value) ?? ""
        if let message = problem(withValue: value) { reader.noteFormat(Field.value, message) }
        let timeout = reader.seconds(Field.timeout, in: timeouts, default: defaultTimeout)
        let isCompressed = reader.flag(Field.gzip, default: false)
        let tls = tls(&reader, endpoint)
        let proxy = proxy(&reader, endpoint)
        return reader.result(
            endpoint.map {
                WebhookSettings(
                    endpoint: $0,
                    method: method,
                    authentication: (header, value),
                    timeout: timeout,
                    isCompressed: isCompressed,
                    tls: tls,
                    proxy: proxy,
                    secrets: secrets(of: settings)
                )
            }
        )
    }

    /// The settings of an endpoint of the operator's own.
    static func operators(_ endpoint: Endpoint) -> WebhookSettings {
        WebhookSettings(
            endpoint: endpoint,
            method: "POST",
            authentication: nil,
            timeout: .seconds(defaultTimeout),
            isCompressed: false,
            tls: .system,
            proxy: nil,
            secrets: []
        )
    }

    private static func secrets(of settings: [String: String]) -> [String] {
        fields.filter(\.isSecret).compactMap { settings[$0.name] }
    }

    private static func tls(_ reader: inout SettingReader, _ endpoint: Endpoint?) -> ClientTLS {
        let settings = ClientTLS.Settings(
            authorities: reader.text(Field.authorities),
            certificate: reader.text(Field.certificate),
            privateKey: reader.text(Field.privateKey)
        )
        guard settings != ClientTLS.Settings() else { return .system }
        if let endpoint, !endpoint.isTLS {
            for name in [Field.authorities, Field.certificate, Field.privateKey]
            where reader.text(name) != nil {
                reader.noteFormat(name, "\(name) needs an https endpoint")
            }
            return .system
        }
        do {
            return try ClientTLS(settings)
        } catch {
            switch error {
            case .authorities(let message): reader.noteFormat(Field.authorities, message)
            case .certificate(let message): reader.noteFormat(Field.certificate, message)
            case .privateKey(let message): reader.noteFormat(Field.privateKey, message)
            }
            return .system
        }
    }

    private static func proxy(
        _ reader: inout SettingReader,
        _ endpoint: Endpoint?
    ) -> ProxyAddress? {
        guard let text = reader.text(Field.proxy) else { return nil }
        if let endpoint, endpoint.isTLS, endpoint.serverName == nil {
            // The certificate would be compared with the address at the other end: the proxy's.
            reader.noteFormat(Field.proxy, "through a proxy, an https endpoint needs a name")
        }
        do {
            return try ProxyAddress(text)
        } catch {
            reader.note(Field.proxy, error)
            return nil
        }
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
