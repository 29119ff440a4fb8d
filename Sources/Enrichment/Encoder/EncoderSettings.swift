/// How clicks are enriched.
package struct EncoderSettings: Sendable {
    /// The gap between two clicks that ends a visit.
    package var sessionWindow = Duration.seconds(1800)
    /// Whether visitors who ask not to be tracked (`Sec-GPC`, `DNT`) get no session.
    package var respectsGPC = true
    /// Sessions held in memory, 43 to 85 bytes each (the table doubles); when there are more, old ones are forgotten early.
    package var maximumSessions = 2_000_000
    /// User agents, referrers, languages and places whose rendered fragments are kept, of each.
    package var cachedFragments = 8192
    /// Links whose rendered fragments are kept.
    package var cachedRoutes = 8192

    package init() {}
}
