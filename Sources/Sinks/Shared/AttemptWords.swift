import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// What ends an attempt before there is an answer, beside the errors of the network.
enum AttemptProblem: Error, Hashable {
    /// The other side closed the connection.
    case connectionEnded
    /// Interim answers without end, or the like.
    case answerTooLong
    /// The stream's proxy said no.
    case proxyAnswered(Int)
    /// What the proxy said is no HTTP.
    case proxyUnreadable
}

/// Why an attempt ended, in words for the stream's owner.
///
/// They name no address that a name led to, and no secret.
enum AttemptWords {
    static func words(for error: (any Error)?, took: Duration, isResolved: Bool) -> String {
        let seconds = String(format: "%.2f", took.inSeconds)
        switch error {
        case AddressGuard.Refusal.refused(let message)?: return "address refused: \(message)"
        case AddressGuard.Refusal.unresolved(let message)?: return message
        case is TimedOut:
            return isResolved
                ? "no answer within \(seconds) s"
                : "the host's name was not resolved in \(seconds) s"
        case let problem as AttemptProblem: return words(for: problem)
        case ChannelError.connectTimeout?: return "could not connect within \(seconds) s"
        case is ChannelError: return words(for: AttemptProblem.connectionEnded)
        case let error as IOError where connecting.contains(error.errnoCode):
            return "could not connect: \(SystemError.words(for: error.errnoCode))"
        case is HTTPParserError, is NIOHTTPDecoderError: return "what came back is no HTTP answer"
        case let error?:
            return tlsWords(for: error) ?? "no answer: \(systemWords(for: error) ?? "\(error)")"
        case nil: return "no answer"
        }
    }

    private static let connecting: Set = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT]

    private static func words(for problem: AttemptProblem) -> String {
        switch problem {
        case .connectionEnded: "no answer: the connection was closed"
        case .answerTooLong: "the answer is longer than anybody reads"
        case .proxyAnswered(407): "the proxy wants other credentials (407)"
        case .proxyAnswered(let status): "the proxy answered \(status) to CONNECT"
        case .proxyUnreadable: "what the proxy answered is no HTTP"
        }
    }

    private static func systemWords(for error: any Error) -> String? {
        (error as? IOError).map { SystemError.words(for: $0.errnoCode) }
    }

    private static func tlsWords(for error: any Error) -> String? {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "TLS failed: the certificate is for another name"
        case NIOSSLError.handshakeFailed(let cause): return tlsWords(for: cause)
        case NIOSSLError.uncleanShutdown: return "no answer: the connection was closed"
        case BoringSSLError.sslError(let stack), BoringSSLError.unknownError(let stack):
            let reasons = stack.map { reason(in: "\($0)") }.filter { !$0.isEmpty }
            return
                "TLS failed: \(reasons.isEmpty ? "no reason known" : reasons.joined(separator: ", "))"
        case is BoringSSLError, is NIOSSLError, is NIOSSLExtraError: return "TLS failed: \(error)"
        default: return nil
        }
    }

    /// The library's reason without its codes and file names; it is not to be had in any other form.
    private static func reason(in text: String) -> String {
        guard let start = text.range(of: "OPENSSL_internal:") else {
            return String(text.drop { $0 != " " }).trimmingCharacters(in: .whitespaces)
        }
        let name = text[start.upperBound...].prefix { $0 != " " && $0 != ":" }
        return name.lowercased().replacing("_", with: " ")
    }
}
