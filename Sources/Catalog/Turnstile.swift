/// Lets one task through at a time, in the order they came.
///
/// Holds as many waiting tasks as there are callers: their number is bounded by whoever calls.
actor Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard !waiting.isEmpty else {
            isTaken = false
            return
        }
        // The turn passes on without being free in between, so nobody can jump the queue.
        waiting.removeFirst().resume()
    }
}
