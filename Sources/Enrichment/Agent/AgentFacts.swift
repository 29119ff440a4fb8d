/// What is known of the program that opened a link.
struct AgentFacts: Hashable {
    var browserName: String?
    var browserVersion: String?
    var osName: String?
    var osVersion: String?
    var device: String?
    var bot: Bot?
    // For `details`.
    var engine: String?
    var brand: String?
    var model: String?

    /// Whether no system, device or browser is known: a person's program names one.
    var namesNothing: Bool {
        osName == nil && device == nil && model == nil && browserName == nil
    }

    /// Why a click counts as a machine's.
    struct Bot: Hashable {
        /// search-engine, social-preview, http-library, ...; nil where unknown.
        var category: String?
        /// What gave it away: user-agent, no-user-agent, prefetch, client-hints; by its address verified, unverified
        /// or address.
        let reason: String
    }
}
