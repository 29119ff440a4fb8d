import ClickModel
import Dispatch
import Synchronization

/// What a test wants to know of a click.
struct SeenClick: Equatable, Sendable {
    var id: String?
    /// What was asked for, of an orphan.
    var orphan: String?
    var address: String?
    var query: String?
    var location: String?
    var rule: String?
    var agent: String?
}

/// An intake that remembers clicks and settles their groups as a test says, on another thread.
final class RecordingIntake: ClickIntake {
    enum Way {
        /// On disk, at once.
        case store
        /// Shed, before `submit` returns.
        case shed
        /// When the test says so.
        case keep
    }

    private struct State {
        var way: Way
        var clicks: [SeenClick] = []
        var times: [Timestamp] = []
        var kept: [@Sendable (Acceptance) -> Void] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let thread = DispatchQueue(label: "log")

    init(_ way: Way = .store) { state = Mutex(State(way: way)) }

    var clicks: [SeenClick] { state.withLock { $0.clicks } }
    /// When the clicks came.
    var times: [Timestamp] { state.withLock { $0.times } }

    func change(to way: Way) { state.withLock { $0.way = way } }

    func submit(_ group: ClickGroup, settled: @escaping @Sendable (Acceptance) -> Void) {
        var seen: [SeenClick] = []
        var times: [Timestamp] = []
        group.forEach { click, request in
            times.append(click.receivedAt)
            let agent = request[.userAgent]
            seen.append(
                SeenClick(
                    id: click.route.id,
                    orphan: click.route.isOrphan ? click.route.slashtag : nil,
                    address: click.address?.description,
                    query: request.query?.text,
                    location: request.location?.text,
                    rule: request.rule?.text,
                    agent: agent.baseAddress == nil ? nil : agent.text
                )
            )
        }
        let way = state.withLock { state in
            state.clicks += seen
            state.times += times
            if state.way == .keep { state.kept.append(settled) }
            return state.way
        }
        switch way {
        case .store: thread.async { settled(.durable) }
        case .shed: settled(.shed(.overload))
        case .keep: break
        }
        wake()
    }

    /// Settles the groups that were kept.
    func settle() {
        let due = state.withLock { state in
            defer { state.kept = [] }
            return state.kept
        }
        thread.async { for settled in due { settled(.durable) } }
    }

    /// Returns once `count` clicks have come.
    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiters.append((count, continuation)) }
            wake()
        }
    }

    private func wake() {
        let due = state.withLock { state in
            let due = state.waiters.filter { $0.count <= state.clicks.count }
            state.waiters.removeAll { $0.count <= state.clicks.count }
            return due
        }
        for waiter in due { waiter.continuation.resume() }
    }
}
