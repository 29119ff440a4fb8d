import ClickModel
import Enrichment
import Foundation

/// Times enrichment on one core, and prints the figures as JSON.
///
///     enrichment-benchmark TABLES USER-AGENTS
///
/// The second file has a user agent a line, in the order and with the frequency of real visits.
@main
struct EnrichmentBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(
                Data("usage: enrichment-benchmark TABLES USER-AGENTS\n".utf8)
            )
            exit(64)
        }
        let clock = ContinuousClock()
        var tables: Tables?
        let loading = try clock.measure { tables = try Tables(in: URL(filePath: arguments[1])) }
        guard let tables else { return }
        let text = try String(contentsOfFile: arguments[2], encoding: .utf8)
        let visits = text.split(separator: "\n").map { Array($0.utf8) }
        // Each one once, in the order in which they were first seen.
        var seen: Set<[UInt8]> = []
        let agents = visits.filter { seen.insert($0).inserted }

        let cached = FragmentSource(tables: tables, settings: EncoderSettings())
        let encoder = try StandardEncoder(tables: tables)
        let events = EventGroup()
        let groups = (distinct: clicks(agents), visits: clicks(visits))
        let figures: [String: Double] = [
            "startSeconds": loading.inSeconds,
            "residentMiB": residentMiB(),
            // With caches that have seen nothing.
            "uncachedPerSecond": best(of: agents.count) {
                let source = FragmentSource(tables: tables, settings: EncoderSettings())
                groups.distinct.forEach { _ = source.fragments(of: $0, $1) }
            },
            "cachedPerSecond": best(of: visits.count) {
                groups.visits.forEach { _ = cached.fragments(of: $0, $1) }
            },
            "encodedPerSecond": best(of: visits.count) {
                groups.visits.forEach { encoder.encode($0, $1, into: events) }
                events.removeAll()
            },
            "residentAfterMiB": residentMiB(),
        ]
        let data = try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys)
        print(String(decoding: data, as: UTF8.self))
    }

    /// How many a second: the best of some rounds, the first of which warms everything up.
    private static func best(of count: Int, _ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        let rounds = (0..<9).map { _ in clock.measure(body).inSeconds }
        return Double(count) / (rounds.dropFirst().min() ?? .infinity)
    }

    /// Clicks of visitors who open one link: by these user agents, from some thousand addresses.
    private static func clicks(_ agents: [[UInt8]]) -> ClickGroup {
        var group = ClickGroup(capacity: agents.count)
        let route = Route(
            id: "l",
            slashtag: "a",
            creatorID: nil,
            workspace: WorkspaceIdentity(number: 1, id: "w", name: "W"),
            domain: DomainIdentity(id: "d", raw: "go.example.com"),
            destination: "https://www.example.com/landing?utm_source=news"
        )
        let language = Array("en-US,en;q=0.9".utf8)
        let referrer = Array("https://www.google.com/".utf8)
        for (index, agent) in agents.enumerated() {
            var headers = [ByteView](repeating: .none, count: ClickHeader.allCases.count)
            agent.withUnsafeBufferPointer { agent in
                language.withUnsafeBufferPointer { language in
                    referrer.withUnsafeBufferPointer { referrer in
                        headers[Int(ClickHeader.userAgent.rawValue)] = agent
                        headers[Int(ClickHeader.acceptLanguage.rawValue)] = language
                        headers[Int(ClickHeader.referer.rawValue)] = referrer
                        headers.withUnsafeBufferPointer { headers in
                            group.append(
                                receivedAt: Timestamp(
                                    microseconds: 1_767_225_600_000_000 + Int64(index) * 100
                                ),
                                route: route,
                                address: IPAddress(v4: 0xC8A0_0000 + UInt32(index % 4096)),
                                query: nil,
                                location: nil,
                                headers: headers
                            )
                        }
                    }
                }
            }
        }
        return group
    }

    private static func residentMiB() -> Double {
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * 4096 / 1_048_576
    }
}
