package import Hummingbird
import NIOCore

/// What a request to the sample receiver comes with: its connection, which can be reset.
package struct ReceiverContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// `struct linger`, which NIO's C modules hide: on, for no seconds.
    private struct Linger: Sendable {
        let isOn: CInt = 1
        let seconds: CInt = 0
    }

    /// The answer can't be written: the connection is gone.
    private struct WasReset: Error {}

    /// Ends the connection with a reset (RST), so that the other side gets an error and not an end.
    func reset() async throws -> Never {
        if let socket = channel as? any SocketOptionProvider {
            // Without lingering, closing throws away what is unsent and resets.
            try await socket.unsafeSetSocketOption(
                level: .socket,
                name: .so_linger,
                value: Linger()
            ).get()
        }
        try await channel.close()
        throw WasReset()
    }
}
