import ClickstreamReceiver
import Foundation
import Testing

@Suite struct ClickEventTests {
    private func events(_ body: String) throws -> [ClickEvent] {
        try Batch(headers: DeliveryHeaders(["webhook-id": "a"]), body: Data(body.utf8))
            .clickEvents()
    }

    private static let details =
        #"{"location":{"region":null,"city":"Recife","latitude":-8.1,"longitude":-34.9,"timezone":null},"agent":{"engine":"blink","brand":"samsung","model":"sm-g960f","category":null,"reason":null},"link":{"shortUrl":"https://go.acme.com/spring","title":null,"tags":["a"],"createdAt":null,"query":"n=1","rule":null,"variant":null},"privacy":{"gpc":true,"dnt":null},"later":{}}"#

    @Test func `the documented event is decoded, every leaf`() throws {
        let event = try #require(try events("{\"data\":[\(golden)]}").first)
        #expect(event.timestamp == "2019-07-02T14:07:06.981094Z")
        #expect(event.client.language == "pt")
        #expect(event.client.location.country == "br")
        #expect(event.client.agent.browser.name == "facebook-app")
        #expect(event.client.agent.browser.version == "227.0.0.43.158")
        #expect(event.client.agent.os.version == "android-9.0-pie")
        #expect(event.client.agent.device.name == "smartphone")
        #expect(event.client.agent.type == "human")
        #expect(!event.client.agent.isBot)
        #expect(event.client.session.started == event.timestamp)
        #expect(event.client.session.first == true)
        #expect(event.referral.hostname == "m.facebook.com")
        #expect(event.referral.protocol == "http")
        #expect(event.referral.origin.type == "social")
        #expect(event.route.slashtag == "spring")
        #expect(event.route.creator.workspace.name == "Acme")
        #expect(event.route.domain.raw == "go.acme.com")
        #expect(event.route.destination.hostname == "www.yourdestination.com")
        #expect(event.route.destination.params.query?["utm_medium"] == ["customersuccess"])
        #expect(event.id == nil)
        #expect(event.details == nil)
        let date = try #require(event.date)
        #expect(abs(date.timeIntervalSince1970 - 1_562_076_426.981) < 0.001)
        #expect(
            try JSONDecoder().decode(ClickEvent.self, from: JSONEncoder().encode(event)) == event
        )
    }

    @Test func `whatever may be null may be null`() throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(golden.utf8)) as? [String: Any]
        )
        func emptied(_ value: Any) -> Any {
            guard let object = value as? [String: Any] else { return NSNull() }
            return object["utm_source"] == nil ? object.mapValues(emptied) : NSNull()
        }
        for name in ["client", "referral", "route"] {
            object[name] = emptied(try #require(object[name]))
        }
        let data = try JSONSerialization.data(withJSONObject: object)
        let event = try #require(
            try events("{\"data\":[\(String(decoding: data, as: UTF8.self))]}").first
        )
        #expect(event.client.agent.type == nil)
        #expect(event.route.destination.params.query == nil)
    }

    @Test func `an extended event has its tail as well`() throws {
        let extended =
            golden.dropLast()
            + ",\"id\":\"016bb2e0-8485-7000-8000-000000000000\",\"offset\":41,\"details\":\(Self.details)}"
        let event = try #require(try events("{\"data\":[\(extended)]}").first)
        #expect(event.id == "016bb2e0-8485-7000-8000-000000000000")
        #expect(event.offset == 41)
        #expect(event.details?.location.latitude == -8.1)
        #expect(event.details?.agent.engine == "blink")
        #expect(event.details?.link.tags == ["a"])
        #expect(event.details?.privacy.gpc == true)
        #expect(event.details?.privacy.dnt == nil)
    }

    @Test func `a CloudEvent is its data under its id`() throws {
        let cloud = """
            [{"specversion":"1.0","type":"com.clickstream.click.v1","source":"//go.acme.com","id":"i",\
            "time":"2019-07-02T14:07:06.981094Z","subject":"spring","datacontenttype":\
            "application/json","data":\(golden)}]
            """
        let event = try #require(try events(cloud).first)
        #expect(event.id == "i")
        #expect(event.route.slashtag == "spring")
    }

    @Test func `an event of another shape is told by its place`() {
        #expect(throws: ReceiverError.malformedEvent(index: 1)) {
            try events("{\"data\":[\(golden),{\"timestamp\":1}]}")
        }
        let huge = golden.dropLast() + ",\"offset\":1e400}"
        #expect(throws: ReceiverError.malformedEvent(index: 0)) {
            try events("{\"data\":[\(huge)]}")
        }
        #expect(throws: ReceiverError.malformedEvent(index: 0)) { try events("[\(golden)]") }
    }
}
