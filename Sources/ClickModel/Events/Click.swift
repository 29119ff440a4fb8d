/// The request headers that tell something about a click.
///
/// The order matters: those up to `lastOfAgent` come first in a click's stored text and are all that the
/// description of the visitor's agent depends on.
package enum ClickHeader: UInt8, CaseIterable, Sendable {
    // What the agent is: together, the key of the agent cache.
    case userAgent
    case secCHUA
    case secCHUAFullVersionList
    case secCHUAMobile
    case secCHUAModel
    case secCHUAPlatform
    case secCHUAPlatformVersion
    case secCHUAFormFactors
    case xRequestedWith
    case secPurpose
    case purpose
    case xMoz
    // The rest.
    case acceptLanguage
    case referer
    case secGPC
    case dnt

    /// The last header that the description of the agent depends on.
    package static let lastOfAgent = ClickHeader.xMoz

    /// The header's name in lower case.
    package var name: StaticString {
        switch self {
        case .userAgent: "user-agent"
        case .secCHUA: "sec-ch-ua"
        case .secCHUAFullVersionList: "sec-ch-ua-full-version-list"
        case .secCHUAMobile: "sec-ch-ua-mobile"
        case .secCHUAModel: "sec-ch-ua-model"
        case .secCHUAPlatform: "sec-ch-ua-platform"
        case .secCHUAPlatformVersion: "sec-ch-ua-platform-version"
        case .secCHUAFormFactors: "sec-ch-ua-form-factors"
        case .xRequestedWith: "x-requested-with"
        case .secPurpose: "sec-purpose"
        case .purpose: "purpose"
        case .xMoz: "x-moz"
        case .acceptLanguage: "accept-language"
        case .referer: "referer"
        case .secGPC: "sec-gpc"
        case .dnt: "dnt"
        }
    }
}

/// What the edge saw of one request, and nothing more.
///
/// Its text lies in its group's bytes.
package struct Click: Sendable {
    /// When the request's head was complete.
    package let receivedAt: Timestamp
    package let route: Route
    /// The visitor's address: looked up, used for the session, forgotten; nil when nobody knows.
    package let address: IPAddress?
    /// Where this click's text starts in the group's bytes.
    @usableFromInline let start: Int
    /// Where the headers that describe the agent end.
    @usableFromInline let agentEnd: Int
    /// Where the text ends.
    @usableFromInline let end: Int
}

/// Clicks that were gathered together, in one piece of memory.
///
/// A click's text is a run of fields, each a tag, a length and bytes. It is written once, by an
/// event loop, and read once, by the log's thread.
package struct ClickGroup: Sendable {
    package private(set) var clicks: [Click] = []
    private var text: [UInt8] = []

    private static let queryTag = UInt8.max
    private static let locationTag = UInt8.max - 1
    private static let ruleTag = UInt8.max - 2

    package init(capacity: Int = 0) {
        clicks.reserveCapacity(capacity)
        text.reserveCapacity(capacity * 384)
    }

    package var isEmpty: Bool { clicks.isEmpty }
    package var count: Int { clicks.count }

    /// How many bytes of text the clicks have between them.
    package var textBytes: Int { text.count }

    /// Adds a click.
    ///
    /// - Parameters:
    ///   - receivedAt: When the request's head was complete.
    ///   - route: The link that was opened, as it was at that moment.
    ///   - address: The visitor's address.
    ///   - query: The short link's own query, without the question mark; nil when it had none.
    ///   - location: Where the visitor was sent, when that isn't the route's own destination.
    ///   - rule: The id of the link's rule that sent the visitor there; nil when none did.
    ///   - headers: The value of each header by `ClickHeader.rawValue`; absent ones are `.none`.
    ///     A value longer than 65,535 bytes is cut.
    package mutating func append(
        receivedAt: Timestamp,
        route: Route,
        address: IPAddress?,
        query: ByteView?,
        location: ByteView?,
        rule: ByteView? = nil,
        headers: UnsafeBufferPointer<ByteView>
    ) {
        let start = text.count
        var agentEnd = start
        for index in headers.indices {
            let value = headers[index]
            if value.baseAddress != nil { append(UInt8(truncatingIfNeeded: index), value) }
            if index == Int(ClickHeader.lastOfAgent.rawValue) { agentEnd = text.count }
        }
        if let query { append(Self.queryTag, query) }
        if let location { append(Self.locationTag, location) }
        if let rule { append(Self.ruleTag, rule) }
        clicks.append(
            Click(
                receivedAt: receivedAt,
                route: route,
                address: address,
                start: start,
                agentEnd: agentEnd,
                end: text.count
            )
        )
    }

    private mutating func append(_ tag: UInt8, _ value: ByteView) {
        let length = min(value.count, Int(UInt16.max))
        text.append(tag)
        text.append(UInt8(truncatingIfNeeded: length))
        text.append(UInt8(truncatingIfNeeded: length >> 8))
        text.append(contentsOf: value.view(0, length))
    }

    /// Calls `body` with each click and its request, in order.
    package func forEach(_ body: (Click, borrowing ClickRequest) -> Void) {
        text.withUnsafeBufferPointer { bytes in
            for click in clicks {
                body(click, ClickRequest(click, in: bytes))
            }
        }
    }

    /// Forgets the clicks and keeps the memory.
    package mutating func removeAll() {
        clicks.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    fileprivate static func isQuery(_ tag: UInt8) -> Bool { tag == queryTag }
    fileprivate static func isLocation(_ tag: UInt8) -> Bool { tag == locationTag }
    fileprivate static func isRule(_ tag: UInt8) -> Bool { tag == ruleTag }
}

/// A click's request as views of its group's bytes; valid only during the call that gives it.
package struct ClickRequest {
    /// How many headers there is room for; a test holds `ClickHeader` against it.
    package static let mostHeaders = 16

    private let values: InlineArray<16, ByteView>
    /// Everything that describes the agent, in one run: the key of a cache.
    package let agentKey: ByteView
    /// The short link's own query, without the question mark; nil when it had none.
    package let query: ByteView?
    /// Where the visitor was sent, when that isn't the route's own destination.
    package let location: ByteView?
    /// The id of the link's rule that sent the visitor there; nil when none did.
    package let rule: ByteView?

    fileprivate init(_ click: Click, in bytes: ByteView) {
        var values = InlineArray<16, ByteView>(repeating: .none)
        var query: ByteView?
        var location: ByteView?
        var rule: ByteView?
        var position = click.start
        while position + 3 <= click.end {
            let tag = bytes[position]
            let length = Int(bytes[position + 1]) | Int(bytes[position + 2]) << 8
            let value = bytes.view(position + 3, position + 3 + length)
            if Int(tag) < Self.mostHeaders {
                values[Int(tag)] = value
            } else if ClickGroup.isQuery(tag) {
                query = value
            } else if ClickGroup.isLocation(tag) {
                location = value
            } else if ClickGroup.isRule(tag) {
                rule = value
            }
            position += 3 + length
        }
        self.values = values
        self.query = query
        self.location = location
        self.rule = rule
        agentKey = bytes.view(click.start, click.agentEnd)
    }

    /// The value of a header; no bytes (and no base address) when the request had none.
    package subscript(header: ClickHeader) -> ByteView { values[Int(header.rawValue)] }
}
