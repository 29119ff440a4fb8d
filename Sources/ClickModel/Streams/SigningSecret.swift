/// A secret that a stream's requests are signed with.
package struct SigningSecret: Hashable, Sendable, Codable {
    /// `whsec_` and base64 of 32 bytes.
    package let value: String
    /// When it stops to count; nil for the current one.
    package let until: Timestamp?

    package init(_ value: String, until: Timestamp? = nil) {
        (self.value, self.until) = (value, until)
    }

    /// Whether requests are signed with it at a time.
    package func counts(at time: Timestamp) -> Bool { until.map { time < $0 } ?? true }
}
