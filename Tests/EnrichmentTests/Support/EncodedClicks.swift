import ClickModel
import Foundation

@testable import Enrichment

/// What an encoder made of some clicks.
struct EncodedClicks {
    let events: [String]
    let details: [String]
    let facts: [EventFacts]
    let newKeys: [SessionKey]
    /// The group's journal of sessions.
    let journal: [UInt8]

    init(_ clicks: [TestClick], settings: EncoderSettings = EncoderSettings()) throws {
        let encoder = try StandardEncoder(tables: TestTables.load(), settings: settings)
        self.init(clicks, with: encoder)
    }

    init(_ clicks: [TestClick], with encoder: StandardEncoder) {
        var input = ClickGroup()
        for click in clicks { click.append(to: &input) }
        let group = EventGroup()
        input.forEach { click, request in encoder.encode(click, request, into: group) }
        var (events, details): ([String], [String]) = ([], [])
        var position = 0
        for facts in group.facts {
            let middle = position + facts.eventLength
            events.append(group.payload.bytes.view(position, middle).text)
            position += facts.length
            details.append(group.payload.bytes.view(middle, position).text)
        }
        (self.events, self.details, facts) = (events, details, group.facts)
        newKeys = group.unsavedSessionKeys
        journal = Array(group.sessions.bytes)
    }

    /// A member of an event or its details, such as `client.session.first`, as JSON text.
    static func member(_ path: String, of json: String) throws -> String {
        var value = try JSONSerialization.jsonObject(with: Data(json.utf8))
        for key in path.split(separator: ".") {
            value = (value as? [String: Any])?[String(key)] ?? "absent"
        }
        if value is NSNull { return "null" }
        if let text = value as? String { return text }
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys]
        let data = try JSONSerialization.data(withJSONObject: value, options: options)
        return String(decoding: data, as: UTF8.self)
    }
}
