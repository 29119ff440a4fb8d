/// The code that talks to one destination.
package protocol Sink: Sendable {
    /// Delivers one batch and says how it went; called again with the same batch after a failure.
    ///
    /// Returns `.abandoned` when its task is cancelled before there is an answer.
    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome

    /// Releases connections. Called once, after the last `deliver` has returned.
    func close() async
}

/// One kind of sink: what it needs to know, and how to make one.
package protocol SinkProvider: Sendable {
    /// The kind's name, such as `webhook`.
    var kind: String { get }
    /// What a destination of this kind is made of.
    var fields: [SettingField] { get }
    /// How the events of a batch are joined to a body.
    func framing(for format: EventFormat, key: String) -> BodyFraming

    /// Checks a destination without calling it; every problem at once.
    ///
    /// A name that doesn't resolve yet is no problem; one that resolves to a refused address is.
    func problems(with settings: [String: String]) async -> [SettingProblem]

    /// Makes the sink of a stream.
    func makeSink(for stream: EventStream) -> any Sink
}

/// One setting of a kind of sink.
package struct SettingField: Hashable, Sendable {
    package let name: String
    package let isRequired: Bool
    /// Encrypted at rest, masked once stored.
    package let isSecret: Bool
    package let summary: String

    package init(name: String, isRequired: Bool, isSecret: Bool, summary: String) {
        self.name = name
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// What is wrong with a setting: the API's `errors: [{property, code}]`.
package struct SettingProblem: Hashable, Sendable {
    package let property: String
    /// `Required`, `InvalidFormat` or `AddressRefused`.
    package let code: String
    package let message: String

    package init(property: String, code: String, message: String) {
        (self.property, self.code, self.message) = (property, code, message)
    }
}

/// What joins events to a body.
package struct BodyFraming: Hashable, Sendable {
    package let contentType: String
    package let prefix: [UInt8]
    package let separator: [UInt8]
    package let suffix: [UInt8]

    package init(contentType: String, prefix: [UInt8], separator: [UInt8], suffix: [UInt8]) {
        self.contentType = contentType
        self.prefix = prefix
        self.separator = separator
        self.suffix = suffix
    }
}
