/// Random numbers for ids, with a seed from the system; unguessable ids are not its job.
struct FastRandom: RandomNumberGenerator {
    private var state: (UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        self.init(seed: (system.next(), system.next()))
    }

    init(seed: (UInt64, UInt64)) { state = (seed.0 | 1, seed.1) }

    /// Vigna's xorshift128+ ("Further scramblings of Marsaglia's xorshift generators").
    mutating func next() -> UInt64 {
        var first = state.0
        let second = state.1
        state.0 = second
        first ^= first << 23
        state.1 = first ^ second ^ (first >> 18) ^ (second >> 5)
        return state.1 &+ second
    }
}
