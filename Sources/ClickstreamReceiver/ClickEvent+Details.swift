extension ClickEvent {
    /// What the format `extended` adds; what is not known is nil.
    public struct Details: Codable, Equatable, Sendable {
        public let location: Place
        public let agent: AgentDetails
        public let link: Link
        public let privacy: Privacy
    }

    /// Where from, as far as the service's database knows.
    public struct Place: Codable, Equatable, Sendable {
        public let region: String?
        public let city: String?
        /// In degrees, rounded to a tenth.
        public let latitude: Double?
        /// In degrees, rounded to a tenth.
        public let longitude: Double?
        /// Such as `America/Sao_Paulo`.
        public let timezone: String?
    }

    /// With what, and for a bot how it was known.
    public struct AgentDetails: Codable, Equatable, Sendable {
        public let engine: String?
        public let brand: String?
        public let model: String?
        /// Of a bot, such as `search-engine`.
        public let category: String?
        /// What gave the bot away, such as `user-agent`.
        public let reason: String?
    }

    /// The short link.
    public struct Link: Codable, Equatable, Sendable {
        public let shortUrl: String?
        public let title: String?
        public let tags: [String]?
        public let createdAt: String?
        /// The short link's own query, without its question mark.
        public let query: String?
        public let rule: String?
        public let variant: String?
    }

    /// What the visitor asked for; nil where the header was not sent.
    public struct Privacy: Codable, Equatable, Sendable {
        /// `Sec-GPC`.
        public let gpc: Bool?
        /// `DNT`.
        public let dnt: Bool?
    }
}
