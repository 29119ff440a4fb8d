import ClickModel
import Foundation
import TestKit
import Testing

@Suite struct EventFilterTests {
    /// An event as the encoder writes it, with traps in every text that visitors choose.
    private static let event = #"""
        {"timestamp":"2026-01-02T03:04:05.000006Z","client":{"language":"pt","location":{"country":"br"},"agent":{"browser":{"name":"chrome","version":"1"},"os":{"name":"android","version":"android-9.0-pie"},"device":{"name":"smartphone"},"type":"human"},"session":{"started":"2026-01-02T03:04:05.000006Z","first":true}},"referral":{"hostname":"m.facebook.com","protocol":"http","path":"/\"country\":\"xx\",\"route\":{\"id\":\"evil\"","origin":{"type":"social","name":"facebook"}},"route":{"id":"link1","slashtag":"a\"b","creator":{"id":"c","workspace":{"id":"w","name":"\"domain\":{\"id\":\"evil\"}"}},"domain":{"id":"dom1","raw":"go.acme.com"},"destination":{"raw":"https://x.test/?\"type\":\"bot\"","protocol":"https"}}}
        """#
    private static let details =
        #"{"agent":{"engine":null},"link":{"shortUrl":"https://go.acme.com/a","title":"\"tags\":[\"evil\"]","tags":["spring","a\"b"],"createdAt":null}}"#

    private func stored<Result>(
        _ event: String = event,
        _ details: String = details,
        isOrphan: Bool = false,
        _ body: (StoredEvent) -> Result
    ) -> Result {
        let bytes = Array((event + details).utf8)
        let facts = EventFacts(
            id: ClickID(high: 0x019A_B300_0000_7001, low: 0x8000_0000_0000_0007),
            timestamp: Timestamp(microseconds: 0),
            workspace: 1,
            eventLength: event.utf8.count,
            detailsLength: details.utf8.count,
            isOrphan: isOrphan
        )
        let payload = bytes.withUnsafeBufferPointer { OwnedBytes($0) }
        return Block(first: Offset(9), facts: [facts], payload: payload).withEvent(at: 0, body)
    }

    private func matches(_ filter: EventFilter) -> Bool {
        stored { EventMatcher(filter).matches($0) }
    }

    @Test func `an absent condition lets all through, an empty list nothing`() {
        #expect(matches(EventFilter()))
        #expect(EventFilter().isOpen)
        for filter in [
            EventFilter(links: []), EventFilter(domains: []), EventFilter(tags: []),
            EventFilter(countries: []), EventFilter(types: []), EventFilter(origins: []),
        ] {
            #expect(!matches(filter))
            #expect(!filter.isOpen)
        }
    }

    @Test(arguments: [
        (EventFilter(links: ["x", "link1"]), true), (EventFilter(links: ["evil"]), false),
        (EventFilter(domains: ["dom1"]), true), (EventFilter(domains: ["evil"]), false),
        (EventFilter(tags: ["a\"b"]), true), (EventFilter(tags: ["spring"]), true),
        (EventFilter(tags: ["evil"]), false), (EventFilter(tags: ["sprin"]), false),
        (EventFilter(countries: ["br"]), true), (EventFilter(countries: ["xx"]), false),
        (EventFilter(types: ["human"]), true), (EventFilter(types: ["bot"]), false),
        (EventFilter(origins: ["social"]), true), (EventFilter(origins: ["facebook"]), true),
        (EventFilter(origins: ["search"]), false),
        (EventFilter(links: ["link1"], countries: ["br"], types: ["human"]), true),
        (EventFilter(links: ["link1"], countries: ["de"]), false),
    ])
    func `every condition must let an event through`(_ filter: EventFilter, _ isLetThrough: Bool) {
        #expect(matches(filter) == isLetThrough)
    }

    @Test func `orphans pass only filters that ask for them`() throws {
        func passes(_ filter: EventFilter) -> Bool {
            stored(isOrphan: true) { EventMatcher(filter).matches($0) }
        }
        #expect(!passes(EventFilter()))
        #expect(!passes(EventFilter(types: ["human"])))
        #expect(passes(EventFilter(orphans: true)))
        #expect(passes(EventFilter(types: ["human"], orphans: true)))
        #expect(!passes(EventFilter(types: ["bot"], orphans: true)))
        // Everything else passes as it did.
        #expect(matches(EventFilter(orphans: true)))
        #expect(!EventFilter(orphans: true).isOpen)
        let old = try JSONDecoder().decode(EventFilter.self, from: Data(#"{"links":["a"]}"#.utf8))
        #expect(old == EventFilter(links: ["a"]))
        let asked = EventFilter(links: ["a"], orphans: true)
        let copy = try JSONDecoder().decode(EventFilter.self, from: JSONEncoder().encode(asked))
        #expect(copy == asked)
    }

    @Test func `what is null passes no list`() {
        let event =
            #"{"client":{"location":{"country":null},"agent":{"device":{"name":null},"type":"bot"}},"referral":{"origin":{"type":"direct","name":"direct"}},"route":{"id":null,"domain":{"id":null,"raw":null}}}"#
        let details = #"{"link":{"tags":null}}"#
        for filter in [
            EventFilter(links: ["null"]), EventFilter(countries: ["null"]),
            EventFilter(tags: ["null"]),
        ] {
            #expect(!stored(event, details) { EventMatcher(filter).matches($0) })
        }
        #expect(stored(event, details) { EventMatcher(EventFilter(types: ["bot"])).matches($0) })
    }

    @Test func `cut off anywhere, an event passes only by what is there`() throws {
        let filter = EventFilter(
            links: ["link1"],
            domains: ["dom1"],
            tags: ["spring"],
            countries: ["br"],
            types: ["human"],
            origins: ["social"]
        )
        let matcher = EventMatcher(filter)
        #expect(matches(filter))
        // The last thing that is asked for is the domain, and of the details the first tag.
        let lastOfEvent = try #require(Self.event.range(of: #""dom1""#)).upperBound
        let lastOfDetails = try #require(Self.details.range(of: #""spring""#)).upperBound
        for end in Self.event.indices {
            let cut = String(Self.event[..<end])
            #expect(stored(cut, Self.details) { matcher.matches($0) } == (end >= lastOfEvent))
        }
        for end in Self.details.indices {
            let cut = String(Self.details[..<end])
            #expect(stored(Self.event, cut) { matcher.matches($0) } == (end >= lastOfDetails))
        }
    }

    @Test func `a CloudEvent repeats what the event says`() {
        let writer = ByteWriter()
        stored { EventFormat.cloudevents.append($0, to: writer) }
        let head = #"""
            {"specversion":"1.0","type":"com.clickstream.click.v1","source":"//go.acme.com","id":"019ab300-0000-7001-8000-000000000007","time":"2026-01-02T03:04:05.000006Z","subject":"a\"b","datacontenttype":"application/json","data":
            """#
        #expect(writer.bytes.text == head + Self.event + "}")
    }
}
