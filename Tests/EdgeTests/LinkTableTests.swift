import ClickModel
import TestKit
import Testing

@testable import Edge

@Suite struct LinkTableTests {
    private static func route(_ id: Int) -> Route {
        Route(
            id: "\(id)",
            slashtag: nil,
            creatorID: nil,
            workspace: WorkspaceIdentity(number: 1, id: nil, name: nil),
            domain: DomainIdentity(id: nil, raw: nil),
            destination: id % 5 == 0 ? nil : "https://x.test/\(id)",
            forwardsParameters: id % 3 == 0,
            extras: id % 7 == 0 ? RouteExtras() : nil
        )
    }

    /// The link, which must be there with the place that it leads to, as far as that depends on nothing.
    private static func found(_ key: [UInt8], in table: inout LinkTable) -> Route? {
        guard let (route, location) = key.withUnsafeBufferPointer({ table.find($0) }) else {
            return nil
        }
        let found = route.takeUnretainedValue()
        let isPlain = !found.forwardsParameters && found.extras == nil
        #expect(location?.text == (isPlain ? found.destination : nil))
        return found
    }

    @Test func `a complete table answers like a dictionary through any changes`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        var table = LinkTable(limit: .max)
        var model: [[UInt8]: String] = [:]
        for step in 0..<60_000 {
            let host = "h\(Int.random(in: 0..<4, using: &random))"
            let key = Array("\(host)/\(Int.random(in: 0..<3000, using: &random))".utf8)
            switch Int.random(in: 0..<100, using: &random) {
            case 0 where step % 40 == 0:
                for shard in 0..<LinkTable.shardCount {
                    _ = table.removeAll(ofHost: host, shard: shard)
                }
                model = model.filter { !$0.key.starts(with: Array("\(host)/".utf8)) }
            case 0..<45:
                table.insert(Self.route(step), key: key)
                model[key] = "\(step)"
            case 45..<70:
                table.remove(key)
                model[key] = nil
            default:
                #expect(Self.found(key, in: &table)?.id == model[key], "seed \(seed)")
            }
        }
        #expect(table.count == model.count, "seed \(seed)")
        #expect(table.isComplete)
        for (key, id) in model { #expect(Self.found(key, in: &table)?.id == id, "seed \(seed)") }
    }

    @Test func `a full table forgets links, and never answers with a wrong or an old one`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        var table = LinkTable(limit: 64 * 16)
        var model: [[UInt8]: String] = [:]
        for step in 0..<60_000 {
            let key = Array("h/\(Int.random(in: 0..<5000, using: &random))".utf8)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                table.insert(Self.route(step), key: key)
                model[key] = "\(step)"
            case 1:
                table.replace(Self.route(step), key: key)
                model[key] = "\(step)"
            case 2:
                table.remove(key)
                model[key] = nil
            default:
                let id = Self.found(key, in: &table)?.id
                #expect(id == nil || id == model[key], "seed \(seed)")
            }
            #expect(table.count <= 64 * 17)
        }
        #expect(!table.isComplete)
    }

    @Test func `a link that is asked for outlives those that are not`() {
        var table = LinkTable(limit: 64 * 16)
        let favourite = Array("h/favourite".utf8)
        table.insert(Self.route(-1), key: favourite)
        for number in 0..<20_000 {
            table.insert(Self.route(number), key: Array("h/\(number)".utf8))
            #expect(Self.found(favourite, in: &table) != nil)
        }
    }
}
