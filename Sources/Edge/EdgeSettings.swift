package import ClickModel

/// How the edge listens and what it allows.
package struct EdgeSettings: Sendable {
    /// An address to listen on; `::` means every address of both families.
    package var host = "::"
    package var port = 8080
    /// Event loops; 0 means one for each core.
    package var threads = 0
    package var maximumConnections = 100_000
    /// Whose `X-Forwarded-For` and `Forwarded` are believed.
    package var trustedProxies: [AddressRange] = []
    /// Whether an answer waits until its click is on disk.
    package var waitsForDisk = true
    /// Links that are held in memory; of more, the most used ones.
    package var linkMemory = 2_000_000
    package var maximumHeadBytes = 16 << 10
    /// How long a head may take to arrive.
    package var headTimeout = Duration.seconds(10)
    /// How long a connection may be idle between two requests.
    package var idleTimeout = Duration.seconds(75)
    /// How long a visitor may take to read an answer: what waits for it is memory.
    package var readingTimeout = Duration.seconds(60)
    /// The clock that clicks are stamped by.
    package var now: @Sendable () -> Timestamp = { .now }

    package init() {}
}
