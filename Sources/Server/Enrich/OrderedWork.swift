import Foundation

/// Work that threads share and whose results come out in the order in which it went in.
///
/// Bounded: who puts work in waits while as much is under way as may be.
final class OrderedWork<Input: Sendable, Output: Sendable>: Sendable {
    private struct State {
        var waiting: [(number: Int, input: Input)] = []
        var results: [Int: Output] = [:]
        /// The number of the next piece of work, and of the next result.
        var nextIn = 0
        var nextOut = 0
        /// Set when no more work comes; an error is why.
        var end: Result<Void, any Error>?
        var isCancelled = false
    }

    private let limit: Int
    private let condition = NSCondition()
    // Touched only with the condition's lock held.
    nonisolated(unsafe) private var state = State()

    /// - Parameter limit: How many pieces may be under way, their results included.
    init(limit: Int) { self.limit = limit }

    private func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        condition.withLock {
            defer { condition.broadcast() }
            return body(&state)
        }
    }

    private func wait<Value>(_ body: (inout State) -> Value?) -> Value {
        condition.withLock {
            while true {
                if let value = body(&state) {
                    condition.broadcast()
                    return value
                }
                condition.wait()
            }
        }
    }

    /// Puts work in.
    ///
    /// - Returns: False when nobody wants it any more.
    func submit(_ input: Input) -> Bool {
        wait { state in
            if state.isCancelled { return false }
            guard state.nextIn - state.nextOut < limit else { return nil }
            state.waiting.append((state.nextIn, input))
            state.nextIn += 1
            return true
        }
    }

    /// Says that no more work comes, and why.
    func finish(_ end: Result<Void, any Error>) { withLock { $0.end = end } }

    /// Lets every thread go.
    func cancel() { withLock { $0.isCancelled = true } }

    /// Works until nothing is left, on the thread that calls.
    func work(_ body: (Input) -> Output) {
        while true {
            let next: (number: Int, input: Input)?? = wait { state in
                if state.isCancelled { return .some(nil) }
                if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                return state.end == nil ? nil : .some(nil)
            }
            guard let next, let next else { return }
            let output = body(next.input)
            withLock { $0.results[next.number] = output }
        }
    }

    /// The next result in order; nil when there is no more.
    ///
    /// - Throws: What the work ended with.
    func next() throws -> Output? {
        let result: Result<Output?, any Error> = wait { state in
            if let output = state.results.removeValue(forKey: state.nextOut) {
                state.nextOut += 1
                return .success(output)
            }
            guard let end = state.end, state.nextOut == state.nextIn else { return nil }
            return end.map { nil }
        }
        return try result.get()
    }
}
