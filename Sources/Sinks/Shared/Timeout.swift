/// A piece of work took longer than it may.
struct TimedOut: Error {}

/// Runs `work`, and cancels it when it takes longer than `limit`.
///
/// - Throws: `TimedOut`, or what the work throws.
func withTimeout<Value: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimedOut()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw TimedOut() }
        return value
    }
}
