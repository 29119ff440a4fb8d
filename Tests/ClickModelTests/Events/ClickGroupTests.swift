import ClickModel
import TestKit
import Testing

struct ClickGroupTests {
    private static let route = Route(
        id: nil,
        slashtag: nil,
        creatorID: nil,
        workspace: WorkspaceIdentity(number: 0, id: nil, name: nil),
        domain: DomainIdentity(id: nil, raw: nil),
        destination: nil
    )

    private func append(
        _ headers: [[UInt8]?],
        query: [UInt8]? = nil,
        location: [UInt8]? = nil,
        rule: [UInt8]? = nil,
        to group: inout ClickGroup
    ) {
        // An empty view with an address is a header that was sent empty.
        let bytes =
            headers.flatMap { $0 ?? [] } + (query ?? []) + (location ?? []) + (rule ?? []) + [0]
        bytes.withUnsafeBufferPointer { all in
            var position = 0
            let view = { (value: [UInt8]?) -> ByteView? in
                guard let value else { return nil }
                position += value.count
                return all.view(position - value.count, position)
            }
            let views = headers.map { view($0) ?? .none }
            let (queryView, locationView, ruleView) = (view(query), view(location), view(rule))
            views.withUnsafeBufferPointer {
                group.append(
                    receivedAt: Timestamp(microseconds: 0),
                    route: Self.route,
                    address: nil,
                    query: queryView,
                    location: locationView,
                    rule: ruleView,
                    headers: $0
                )
            }
        }
    }

    @Test func `a request has room for every header`() {
        #expect(ClickHeader.allCases.count <= ClickRequest.mostHeaders)
        #expect(
            ClickHeader.allCases.map(\.rawValue) == Array(0..<UInt8(ClickHeader.allCases.count))
        )
    }

    @Test func `each click gets back what it was given`() {
        var random = SeededRandom(for: "click groups")
        var group = ClickGroup()
        var given: [(headers: [[UInt8]?], query: [UInt8]?, location: [UInt8]?, rule: [UInt8]?)] = []
        for _ in 0..<200 {
            let headers = ClickHeader.allCases.map { _ in
                Bool.random(using: &random) ? random.bytes(upTo: 40) : nil
            }
            let query = Bool.random(using: &random) ? random.bytes(upTo: 20) : nil
            let location = Bool.random(using: &random) ? random.bytes(upTo: 20) : nil
            let rule = Bool.random(using: &random) ? random.bytes(upTo: 20) : nil
            given.append((headers, query, location, rule))
            append(headers, query: query, location: location, rule: rule, to: &group)
        }
        var index = 0
        group.forEach { _, request in
            let expected = given[index]
            for header in ClickHeader.allCases {
                let value = request[header]
                #expect(Array(value) == expected.headers[Int(header.rawValue)] ?? [])
            }
            #expect(request.query.map { Array($0) } == expected.query)
            #expect(request.location.map { Array($0) } == expected.location)
            #expect(request.rule.map { Array($0) } == expected.rule)
            index += 1
        }
        #expect(index == 200)
    }

    @Test func `the agent's key is the headers that describe it, and no others`() {
        let keys = [("de", "https://a.example/"), ("fr", "https://b.example/")].map {
            language,
            referrer -> [UInt8] in
            var headers = [[UInt8]?](repeating: nil, count: ClickHeader.allCases.count)
            headers[Int(ClickHeader.userAgent.rawValue)] = Array("curl/8".utf8)
            headers[Int(ClickHeader.acceptLanguage.rawValue)] = Array(language.utf8)
            headers[Int(ClickHeader.referer.rawValue)] = Array(referrer.utf8)
            var group = ClickGroup()
            append(headers, to: &group)
            var key: [UInt8] = []
            group.forEach { _, request in key = Array(request.agentKey) }
            return key
        }
        #expect(keys[0] == keys[1])
        #expect(!keys[0].isEmpty)
    }

    @Test func `a value longer than 65,535 bytes is cut`() {
        var group = ClickGroup()
        append([Array(repeating: 0x61, count: 70_000)], to: &group)
        group.forEach { _, request in #expect(request[.userAgent].count == 65_535) }
    }

    @Test func `header names are in lower case, each once`() {
        let names = ClickHeader.allCases.map { "\($0.name)" }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0 == $0.lowercased() })
    }
}
