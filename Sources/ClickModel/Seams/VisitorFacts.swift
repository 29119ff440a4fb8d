/// What can be known of a visitor while the answer waits: what rules of links ask for.
///
/// The same answers as the click's event will have. Called on event loops, several at once.
package protocol VisitorFacts: Sendable {
    /// The country that an address is in, `br`; nil when nobody knows.
    func country(of address: IPAddress) -> String?

    /// The preferred language of an `Accept-Language` header, `pt`; nil when it names none.
    func language(of acceptLanguage: ByteView) -> String?

    /// The program that made a request.
    ///
    /// Takes tens of microseconds, and depends on nothing but the request's `agentKey`: worth keeping.
    func agent(of request: borrowing ClickRequest) -> VisitorAgent
}

/// What rules may ask of the program that opened a link.
package struct VisitorAgent: Hashable, Sendable {
    /// `android`, `ios`, `windows`, ...; nil when nobody knows.
    package let system: String?
    /// `smartphone`, `tablet`, `desktop`, ...; nil when nobody knows.
    package let device: String?
    /// Whether it fetches previews of links for a social network or a messenger.
    package let isPreview: Bool

    package init(system: String?, device: String?, isPreview: Bool) {
        (self.system, self.device, self.isPreview) = (system, device, isPreview)
    }
}
