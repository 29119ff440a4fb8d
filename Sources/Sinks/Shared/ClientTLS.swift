import NIOSSL
import Synchronization

/// How a stream's connections are encrypted: whom they trust, and who they say they are.
///
/// Without settings of its own a stream uses the one context of the process: the system's roots take a
/// mebibyte and 15 ms each time they are read.
final class ClientTLS: Sendable {
    /// Certificates and a key, as PEM.
    struct Settings: Hashable, Sendable {
        /// Trusted instead of the system's roots.
        var authorities: String?
        var certificate: String?
        var privateKey: String?
    }

    enum Problem: Error, Hashable {
        case authorities(String)
        case certificate(String)
        case privateKey(String)
    }

    static let system = ClientTLS()
    /// How long the system's roots are kept before they are read again.
    private static let lifetime = Duration.seconds(24 * 3600)
    private static let longest = 256 << 10

    private let configuration: TLSConfiguration?
    private let made = Mutex<(context: NIOSSLContext, until: ContinuousClock.Instant)?>(nil)

    private init() { configuration = nil }

    /// Reads certificates and a key, and checks that they fit.
    init(_ settings: Settings) throws(Problem) {
        var configuration = Self.standard
        if let pem = settings.authorities {
            let certificates = Self.certificates(pem)
            guard !certificates.isEmpty else {
                throw .authorities("this is no certificate in PEM form")
            }
            configuration.trustRoots = .certificates(certificates)
        }
        switch (settings.certificate, settings.privateKey) {
        case (nil, nil): break
        case (nil, _?): throw .certificate("a private key needs its certificate")
        case (_?, nil): throw .privateKey("a certificate needs its private key")
        case (let certificate?, let key?):
            let chain = Self.certificates(certificate)
            guard !chain.isEmpty else { throw .certificate("this is no certificate in PEM form") }
            guard key.utf8.count <= Self.longest,
                let privateKey = try? NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
            else { throw .privateKey("this is no private key in PEM form without a passphrase") }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(privateKey)
            // The library refuses a key that is not the first certificate's.
            var alone = configuration
            alone.trustRoots = .certificates([])
            guard (try? NIOSSLContext(configuration: alone)) != nil else {
                throw .privateKey("the private key is not that of the first certificate")
            }
        }
        self.configuration = configuration
    }

    /// The context for a connection.
    func context() throws -> NIOSSLContext {
        try made.withLock { made in
            if let made, made.until > .now { return made.context }
            let context = try NIOSSLContext(configuration: configuration ?? Self.standard)
            made = (context, .now + Self.lifetime)
            return context
        }
    }

    private static var standard: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func certificates(_ pem: String) -> [NIOSSLCertificate] {
        guard pem.utf8.count <= longest else { return [] }
        return (try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))) ?? []
    }
}
