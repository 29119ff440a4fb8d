import ClickModel
import NIOCore
import Synchronization

/// Sends requests to one endpoint, and connects to checked addresses only.
///
/// The name is resolved once and every address is checked; after a minute, and after a failure, that is
/// done anew. An idle client costs a few hundred bytes: connections that wait longer than a minute are
/// closed, and the TLS context is the process's.
final class GuardedClient: Sendable {
    enum Failure: Error, Hashable {
        /// The task was cancelled before there was an answer.
        case abandoned
        /// No answer, in words for the stream's owner.
        case failed(String)
    }

    /// A connection that waits for the next request.
    private struct Idle {
        let channel: any Channel
        let until: ContinuousClock.Instant

        var isUsable: Bool { channel.isActive && until > .now }
    }

    private struct State {
        var pinned: (addresses: Connector.Addresses, until: ContinuousClock.Instant)?
        var idle: [Idle] = []
        /// Which of a name's addresses is tried: the next one after each failure.
        var turn = 0
        var isClosed = false
    }

    /// How long checked addresses are used before the name is resolved again.
    private static let pinLifetime = Duration.seconds(60)

    private let connector: Connector
    private let addressGuard: AddressGuard
    private let state = Mutex(State())

    init(_ connector: Connector, addressGuard: AddressGuard) {
        self.connector = connector
        self.addressGuard = addressGuard
    }

    /// Sends a request, once.
    ///
    /// An answer whose head has come is an answer, even when its body fails or is cut.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - limit: For everything: the name's resolution, connecting, the answer's body.
    /// - Returns: What the endpoint answered, or why it didn't.
    func send(
        _ request: GuardedRequest,
        within limit: Duration
    ) async -> Result<GuardedAnswer, Failure> {
        if Task.isCancelled { return .failure(.abandoned) }
        let exchange = Exchange(request, host: connector.endpoint.authority)
        let started = ContinuousClock.now
        let failure: (any Error)?
        do {
            try await withTimeout(limit) { [self] in try await carryOut(exchange) }
            failure = nil
        } catch {
            failure = error
        }
        if let answer = exchange.answer { return .success(answer) }
        if Task.isCancelled { return .failure(.abandoned) }
        startAnew()
        let words = AttemptWords.words(
            for: failure,
            took: ContinuousClock.now - started,
            isResolved: exchange.isResolved
        )
        return .failure(.failed(words))
    }

    /// Closes what is idle; what is under way closes when it ends.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for idle in idle { idle.channel.close(promise: nil) }
    }

    private func carryOut(_ exchange: Exchange) async throws {
        let addresses = try await checkedAddresses()
        exchange.noteResolution()
        let channel =
            if let idle = takeIdle() { idle } else { try await connector.open(to: addresses) }
        try await withTaskCancellationHandler {
            try await channel.writeAndFlush(exchange).get()
        } onCancel: {
            channel.triggerUserOutboundEvent(ExchangeHandler.Abandon(), promise: nil)
        }
        if let until = exchange.connectionUntil {
            giveBack(Idle(channel: channel, until: until), addresses)
        }
    }

    // MARK: - Addresses

    private func checkedAddresses() async throws -> Connector.Addresses {
        let (pinned, turn) = state.withLock { ($0.pinned, $0.turn) }
        if let pinned, pinned.until > .now { return pinned.addresses }
        let own = try await addressGuard.addresses(of: connector.endpoint.host)
        var proxy: [IPAddress] = []
        if let host = connector.proxy?.endpoint.host {
            proxy = try await addressGuard.addresses(of: host)
        }
        let addresses = Connector.Addresses(
            endpoint: own[turn % own.count],
            proxy: proxy.isEmpty ? nil : proxy[turn % proxy.count]
        )
        let stale = state.withLock { state -> [Idle] in
            let isSame = state.pinned?.addresses == addresses
            state.pinned = (addresses, .now + Self.pinLifetime)
            guard !isSame else { return [] }
            defer { state.idle = [] }
            return state.idle
        }
        for idle in stale { idle.channel.close(promise: nil) }
        return addresses
    }

    /// Forgets the addresses, and tries the next one of each name.
    private func startAnew() {
        let idle = state.withLock { state in
            state.pinned = nil
            state.turn = (state.turn + 1) & 0xFFFF
            defer { state.idle = [] }
            return state.idle
        }
        for idle in idle { idle.channel.close(promise: nil) }
    }

    // MARK: - Connections

    private func takeIdle() -> (any Channel)? {
        state.withLock { state in
            while let idle = state.idle.popLast() {
                // The others close by themselves.
                if idle.isUsable { return idle.channel }
            }
            return nil
        }
    }

    private func giveBack(_ idle: Idle, _ addresses: Connector.Addresses) {
        let isKept = state.withLock { state in
            guard !state.isClosed, state.pinned?.addresses == addresses else { return false }
            state.idle.removeAll { !$0.isUsable }
            state.idle.append(idle)
            return true
        }
        if !isKept { idle.channel.close(promise: nil) }
    }
}
