import ClickModel

// Each fragment is JSON from one member's value to the next, so that an event is its fragments in a row.

/// A language: the event from the end of the timestamp to the country.
final class LanguageFragment: Sendable {
    let key: [UInt8]
    let event: [UInt8]
    /// Of the header, for telling visitors apart.
    let digest: UInt64

    init(_ header: ByteView, _ writer: ByteWriter) {
        key = Array(header)
        digest = Visitor.digest(header)
        writer.removeAll()
        writer.append("\",\"client\":{\"language\":")
        writer.append(jsonOrNull: AcceptLanguage.primary(header))
        writer.append(",\"location\":{\"country\":")
        event = Array(writer.bytes)
    }
}

/// A place: the event's country, and the details up to the agent.
final class PlaceFragment: Sendable {
    /// Which record of the database it was made of.
    let offset: UInt32
    let event: [UInt8]
    let details: [UInt8]

    init(_ place: GeoDatabase.Place, offset: UInt32, _ writer: ByteWriter) {
        self.offset = offset
        writer.removeAll()
        writer.append(jsonOrNull: place.country)
        event = Array(writer.bytes)
        writer.removeAll()
        writer.append("{\"location\":{\"region\":")
        writer.append(jsonOrNull: place.region)
        writer.append(",\"city\":")
        writer.append(jsonOrNull: place.city)
        writer.append(",\"latitude\":")
        writer.append(numberOrNull: place.latitude)
        writer.append(",\"longitude\":")
        writer.append(numberOrNull: place.longitude)
        writer.append(",\"timezone\":")
        writer.append(jsonOrNull: place.timezone)
        writer.append("},\"agent\":")
        details = Array(writer.bytes)
    }
}

/// An agent: the event from the country to the session's start, and the details' part.
final class AgentFragment: Sendable {
    let key: [UInt8]
    /// Whose address it came from, by the number in `CrawlerRanges`; 0 for no crawler's.
    let crawler: Int
    let event: [UInt8]
    let details: [UInt8]
    let isBot: Bool
    /// Of the user agent, for telling visitors apart.
    let digest: UInt64

    init(
        _ facts: AgentFacts,
        key: ByteView,
        crawler: Int,
        userAgent: ByteView,
        _ writer: ByteWriter
    ) {
        self.key = Array(key)
        self.crawler = crawler
        digest = Visitor.digest(userAgent)
        isBot = facts.bot != nil
        writer.removeAll()
        writer.append("},\"agent\":{\"browser\":{\"name\":")
        writer.append(jsonOrNull: facts.browserName)
        writer.append(",\"version\":")
        writer.append(jsonOrNull: facts.browserVersion)
        writer.append("},\"os\":{\"name\":")
        writer.append(jsonOrNull: facts.osName)
        writer.append(",\"version\":")
        writer.append(jsonOrNull: facts.osVersion)
        writer.append("},\"device\":{\"name\":")
        writer.append(jsonOrNull: facts.device)
        writer.append("},\"type\":")
        writer.append(isBot ? "\"bot\"}" : "\"human\"}")
        writer.append(",\"session\":{\"started\":\"")
        event = Array(writer.bytes)
        writer.removeAll()
        writer.append("{\"engine\":")
        writer.append(jsonOrNull: facts.engine)
        writer.append(",\"brand\":")
        writer.append(jsonOrNull: facts.brand)
        writer.append(",\"model\":")
        writer.append(jsonOrNull: facts.model)
        writer.append(",\"category\":")
        writer.append(jsonOrNull: facts.bot?.category)
        writer.append(",\"reason\":")
        writer.append(jsonOrNull: facts.bot?.reason)
        writer.append("},\"link\":")
        details = Array(writer.bytes)
    }
}

/// A referral: the event from the session to the link.
final class ReferralFragment: Sendable {
    let key: [UInt8]
    let event: [UInt8]
    /// Where the type of its origin stands, which is another one when the click was paid for.
    let type: Range<Int>

    init(_ referral: Referral, key: ByteView, _ writer: ByteWriter) {
        self.key = Array(key)
        writer.removeAll()
        writer.append(",\"referral\":{\"hostname\":")
        writer.append(jsonOrNull: referral.hostname)
        writer.append(",\"protocol\":")
        writer.append(jsonOrNull: referral.scheme)
        writer.append(",\"path\":")
        writer.append(jsonOrNull: referral.path)
        writer.append(",\"origin\":{\"type\":")
        let start = writer.bytes.count
        writer.append(json: referral.type)
        type = start..<writer.bytes.count
        writer.append(",\"name\":")
        writer.append(json: referral.name)
        writer.append("}},\"route\":")
        event = Array(writer.bytes)
    }
}

extension ByteWriter {
    fileprivate func append(numberOrNull number: Double?) {
        if let number { append(text: "\(number)") } else { append("null") }
    }
}
