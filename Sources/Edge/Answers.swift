import ClickModel

/// Writes answers' bytes.
struct Answers {
    /// `Date: ...` with its line end, renewed once a second.
    private var date: [UInt8] = []
    private var dateSecond: Int64 = .min

    /// How the connection goes on after an answer.
    enum Persistence {
        /// HTTP/1.1's way: open, and nothing is said.
        case open
        /// HTTP/1.0 that asked for it.
        case openAsAsked
        case close
    }

    mutating func setTime(_ now: Timestamp) {
        guard now.seconds != dateSecond else { return }
        dateSecond = now.seconds
        date = Array("Date: \(HTTPDate.text(of: now))\r\n".utf8)
    }

    /// The redirect of a click.
    ///
    /// With `asksForHints` the browser is asked to tell its versions and its device the next time; it listens
    /// over TLS only.
    func redirect(
        to location: ByteView,
        asksForHints: Bool,
        _ persistence: Persistence,
        into out: ByteWriter
    ) {
        out.append("HTTP/1.1 302 Found\r\nLocation: ")
        out.append(location)
        out.append(
            "\r\nCache-Control: private, no-store\r\nX-Robots-Tag: noindex\r\nContent-Length: 0\r\n"
        )
        if asksForHints {
            out.append(
                "Accept-CH: Sec-CH-UA-Form-Factors, Sec-CH-UA-Full-Version-List, Sec-CH-UA-Model, Sec-CH-UA-Platform-Version\r\n"
            )
        }
        finish(persistence, into: out)
    }

    /// A page or a short text; its length is told for HEAD too.
    func page(
        _ status: Status,
        _ body: ByteView,
        type: StaticString,
        isHead: Bool,
        _ persistence: Persistence,
        into out: ByteWriter
    ) {
        out.append("HTTP/1.1 ")
        out.append(status.line)
        out.append("\r\n")
        if status == .methodNotAllowed { out.append("Allow: GET, HEAD\r\n") }
        if status == .busy { out.append("Retry-After: 1\r\n") }
        out.append(
            "Cache-Control: private, no-store\r\nX-Robots-Tag: noindex\r\nX-Content-Type-Options: nosniff\r\n"
        )
        out.append("Content-Type: ")
        out.append(type)
        out.append("\r\nContent-Length: ")
        out.append(decimal: Int64(body.count))
        out.append("\r\n")
        finish(persistence, into: out)
        if !isHead { out.append(body) }
    }

    private func finish(_ persistence: Persistence, into out: ByteWriter) {
        out.append(date)
        switch persistence {
        case .open: out.append("\r\n")
        case .openAsAsked: out.append("Connection: keep-alive\r\n\r\n")
        case .close: out.append("Connection: close\r\n\r\n")
        }
    }
}

/// The statuses that the edge answers with, redirects aside.
enum Status {
    case ok, badRequest, notFound, methodNotAllowed, timeout, headTooLarge, busy,
        versionNotSupported

    init(_ refusal: Refusal) {
        self = refusal == .versionNotSupported ? .versionNotSupported : .badRequest
    }

    var line: StaticString {
        switch self {
        case .ok: "200 OK"
        case .badRequest: "400 Bad Request"
        case .notFound: "404 Not Found"
        case .methodNotAllowed: "405 Method Not Allowed"
        case .timeout: "408 Request Timeout"
        case .headTooLarge: "431 Request Header Fields Too Large"
        case .busy: "503 Service Unavailable"
        case .versionNotSupported: "505 HTTP Version Not Supported"
        }
    }
}

/// The pages that visitors may see.
enum Pages {
    static let html: StaticString = "text/html; charset=utf-8"
    static let plainText: StaticString = "text/plain; charset=utf-8"
    static let json: StaticString = "application/json"

    static let root: StaticString = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Short links</title><p>This domain serves short links.</p></html>

        """
    static let notFound: StaticString = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Not found</title><p>There is no link at this address.</p></html>

        """
    static let robots: StaticString = "User-agent: *\nDisallow:\n"
}

/// Dates as HTTP writes them (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "01": "Jan", "02": "Feb", "03": "Mar", "04": "Apr", "05": "May", "06": "Jun", "07": "Jul",
        "08": "Aug", "09": "Sep", "10": "Oct", "11": "Nov", "12": "Dec",
    ]

    static func text(of time: Timestamp) -> String {
        // 2019-07-02T14:07:06.981094Z, and 1970-01-01 was a Thursday.
        let iso = Array(time.description)
        let day = days[Int(((time.seconds / 86_400) % 7 + 7) % 7)]
        let month = months[String(iso[5..<7])] ?? ""
        return
            "\(day), \(String(iso[8..<10])) \(month) \(String(iso[0..<4])) \(String(iso[11..<19])) GMT"
    }
}
