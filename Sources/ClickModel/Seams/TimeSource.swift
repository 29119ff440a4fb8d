/// What time it is, and waiting: passed in, so that tests drive days in milliseconds.
package protocol TimeSource: Sendable {
    /// The clock on the wall, for what outlives a restart.
    var now: Timestamp { get }

    /// Waits by a clock that nobody sets.
    ///
    /// - Throws: `CancellationError`.
    func sleep(for duration: Duration) async throws
}

/// The machine's clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package var now: Timestamp { .now }

    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
