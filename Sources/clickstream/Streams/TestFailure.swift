import Foundation

/// Why a test delivery was not accepted, and what can be done about it.
///
/// The API tells it in a sentence alone; the words are those of `Sinks/Shared/AttemptWords` and `Sinks/Webhook`.
struct TestFailure {
    private enum Kind {
        case name, refusedAddress, nobodyListens, noWay, certificateName, certificate, plain, tls
        case timeout, noHTTP, proxy, status(Int), other
    }

    private let kind: Kind
    private let host: String
    private let port: Int
    private let endpoint: String

    init(_ reason: String, endpoint: String?) {
        self.endpoint = endpoint ?? "the endpoint"
        let url = endpoint.flatMap { URL(string: $0) }
        host = url?.host() ?? "the endpoint's host"
        port = url?.port ?? 443
        kind = Self.kind(reason)
    }

    private static func kind(_ reason: String) -> Kind {
        if let match = reason.firstMatch(of: /the endpoint answered ([0-9]{3})/) {
            return .status(Int(match.1) ?? 0)
        }
        let known: [(words: String, kind: Kind)] = [
            ("does not resolve", .name), ("was not resolved", .name),
            ("address refused", .refusedAddress), ("the proxy", .proxy),
            ("could not connect: Connection refused", .nobodyListens),
            ("could not connect", .noWay),
            ("for another name", .certificateName), ("certificate verify failed", .certificate),
            ("wrong version number", .plain), ("TLS failed", .tls),
            ("no answer within", .timeout), ("no HTTP answer", .noHTTP),
        ]
        return known.first { reason.contains($0.words) }?.kind ?? .other
    }

    /// Lines for people.
    var advice: [String] {
        switch kind {
        case .name:
            [
                "\(host) has no address: is it spelt right, and is its DNS record published?",
                "Try on the service's machine: getent hosts \(host)",
            ]
        case .refusedAddress:
            [
                "\(host) is, or leads to, a private or special address, where deliveries may not go.",
                "Give a public one, or ask the operator to open the range: delivery.allowedNetworks",
            ]
        case .nobodyListens:
            [
                "\(host) is there, but nothing listens on this port: is your receiver running, and the port right?"
            ]
        case .noWay:
            [
                "No connection came about: a firewall, or a machine that is off?",
                "Try on the service's machine: curl -v \(endpoint)",
            ]
        case .certificateName:
            [
                "The certificate has to be made out to \(host), the name in the endpoint's URL.",
                look,
            ]
        case .certificate:
            [
                "The certificate has expired, is self-signed, or its chain's middle is missing.",
                look,
                "An authority of your own is given by --tls-ca FILE.",
            ]
        case .plain:
            ["What answers there speaks plain HTTP: http:// in the endpoint, or another port."]
        case .tls: ["No TLS session came about; 1.2 is the least there is.", look]
        case .timeout:
            [
                "Store the batch, answer, and work after that; or give it longer: --timeout, up to 60."
            ]
        case .noHTTP: ["What answers there is no HTTP server: is the port right?"]
        case .proxy: ["It is the stream's proxy that said so: see --proxy."]
        case .status(let status): Self.advice(for: status)
        case .other: []
        }
    }

    private var look: String {
        "Look at it: openssl s_client -connect \(host):\(port) -servername \(host) </dev/null"
    }

    private static func advice(for status: Int) -> [String] {
        switch status {
        case 300..<400:
            ["Redirects are not followed: give the address that Location shows as --endpoint."]
        case 401, 403:
            [
                "Your own check of the header or the signature said no: the value is sent as it was given, blanks and all."
            ]
        case 404: ["Nothing is at this path: compare it with your receiver's."]
        case 405: ["Your receiver wants another method: --method PUT, or POST."]
        case 410:
            ["410 means that the endpoint is gone for good; a stream would be disabled by it."]
        case 400, 413, 415, 422:
            [
                "Your receiver can't read the body: it is {\"data\":[event, ...],\"key\":\"...\"}, application/json."
            ]
        case 429: ["Your receiver, or what is before it, lets nobody through now: try again later."]
        case 500...: ["Your receiver, or what is before it, failed: its own log says why."]
        default: ["Any 2xx accepts it."]
        }
    }
}
