/// Takes clicks from the edge, in groups, on their way to the log.
package protocol ClickIntake: Sendable {
    /// Takes charge of a group of clicks, or sheds it when it can't; never waits, never throws.
    ///
    /// - Parameters:
    ///   - group: The clicks, in the order they came.
    ///   - settled: Called exactly once, on any thread, when the group's clicks are on disk or
    ///     shed. Groups that were taken settle in the order of their submission; one that is
    ///     refused settles before this returns.
    func submit(_ group: ClickGroup, settled: @escaping @Sendable (Acceptance) -> Void)
}

/// What became of a group of clicks.
package enum Acceptance: Hashable, Sendable {
    /// On disk: a crash cannot lose them.
    case durable
    /// Not recorded, and counted as such.
    case shed(ShedReason)
}

/// Why clicks were not recorded.
package enum ShedReason: String, CaseIterable, Hashable, Sendable {
    /// More clicks are waiting than the intake may hold.
    case overload
    /// The log can't be written: the disk is full or fails.
    case logUnavailable = "log-unavailable"
    /// The service is stopping.
    case stopping
}
