public import Foundation

/// One click, decoded.
///
/// What is not known is nil. Encoding leaves nil members out, which the service never does: to pass
/// an event on, take its bytes from `Batch.events`.
public struct ClickEvent: Codable, Equatable, Sendable {
    /// When the short link was asked for: UTC, such as `2019-07-02T14:07:06.981094Z`.
    public let timestamp: String
    public let client: Client
    public let referral: Referral
    public let route: Route
    /// A UUID of version 7, to drop repeated events by; nil in the format `rebrandly`.
    public let id: String?
    /// The event's place in the service's log; nil in the formats other than `extended`.
    public let offset: Int64?
    /// Nil in the formats other than `extended`.
    public let details: Details?

    /// The timestamp as a point in time, to the millisecond; nil when it isn't of the documented
    /// form.
    public var date: Date? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try? style.parse(timestamp)
    }

    /// Who clicked.
    public struct Client: Codable, Equatable, Sendable {
        /// The language asked for first: its primary subtag, such as `pt`.
        public let language: String?
        public let location: Location
        public let agent: Agent
        public let session: Session
    }

    /// Where from.
    public struct Location: Codable, Equatable, Sendable {
        /// ISO 3166-1 alpha-2 in lower case.
        public let country: String?
    }

    /// With what.
    public struct Agent: Codable, Equatable, Sendable {
        public let browser: Software
        public let os: Software
        public let device: Device
        /// `human` or `bot`.
        public let type: String?

        public var isBot: Bool { type == "bot" }
    }

    /// A browser or an operating system.
    public struct Software: Codable, Equatable, Sendable {
        public let name: String?
        public let version: String?
    }

    /// A kind of device, such as `smartphone`.
    public struct Device: Codable, Equatable, Sendable {
        public let name: String?
    }

    /// Clicks of one visitor in one workspace, less than 30 minutes apart.
    public struct Session: Codable, Equatable, Sendable {
        /// The timestamp of the session's first click.
        public let started: String?
        /// Whether this is that click.
        public let first: Bool?
    }

    /// The page that the short link was on; of a direct click only the origin is known.
    public struct Referral: Codable, Equatable, Sendable {
        public let hostname: String?
        /// `http` or `https`, and for apps `android-app` or `ios-app`.
        public let `protocol`: String?
        public let path: String?
        public let origin: Origin
    }

    /// The source behind a referral.
    public struct Origin: Codable, Equatable, Sendable {
        /// `direct`, `social`, `search`, `email`, `ai`, `paid`, `website` or `app`.
        public let type: String?
        public let name: String?
    }

    /// The link as it was at that moment.
    public struct Route: Codable, Equatable, Sendable {
        /// Nil when there was no such link.
        public let id: String?
        public let slashtag: String?
        public let creator: Creator
        public let domain: Domain
        public let destination: Destination
    }

    /// Who made the link.
    public struct Creator: Codable, Equatable, Sendable {
        public let id: String?
        public let workspace: Workspace
    }

    /// Whose the link is.
    public struct Workspace: Codable, Equatable, Sendable {
        public let id: String?
        public let name: String?
    }

    /// The short link's domain.
    public struct Domain: Codable, Equatable, Sendable {
        public let id: String?
        public let raw: String?
    }

    /// Where the visitor was sent.
    public struct Destination: Codable, Equatable, Sendable {
        /// The whole URL.
        public let raw: String?
        /// Without its colon.
        public let `protocol`: String?
        public let hostname: String?
        public let path: String?
        public let params: Params
    }

    /// A destination's parameters.
    public struct Params: Codable, Equatable, Sendable {
        /// All values of each name, in the URL's order; the names' own order is in the event's
        /// bytes only.
        public let query: [String: [String]]?
    }
}
