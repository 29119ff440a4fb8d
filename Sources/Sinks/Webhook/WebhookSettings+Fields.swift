import ClickModel

extension WebhookSettings {
    enum Field {
        static let endpoint = "endpoint"
        static let method = "method"
        static let header = "header"
        static let value = "value"
        static let timeout = "timeout"
        static let gzip = "gzip"
        static let authorities = "tls.ca"
        static let certificate = "tls.certificate"
        static let privateKey = "tls.privateKey"
        static let proxy = "proxy"
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
        SettingField(
            name: Field.gzip,
            isRequired: false,
            isSecret: false,
            summary: "true: bodies are sent with Content-Encoding: gzip; false unless set."
        ),
        SettingField(
            name: Field.authorities,
            isRequired: false,
            isSecret: false,
            summary: "Certificates (PEM) that are trusted instead of the system's."
        ),
        SettingField(
            name: Field.certificate,
            isRequired: false,
            isSecret: false,
            summary: "The certificate (PEM), with its chain, that is shown to the endpoint."
        ),
        SettingField(
            name: Field.privateKey,
            isRequired: false,
            isSecret: true,
            summary: "That certificate's private key (PEM, without a passphrase)."
        ),
        SettingField(
            name: Field.proxy,
            isRequired: false,
            isSecret: true,
            summary: "An http proxy that is asked for a tunnel: http://[user:password@]host:port."
        ),
    ]
}
