import ClickModel
import TestKit
import Testing

@testable import Ingest

@Suite struct LinkTallyTests {
    private let headers = [ByteView](repeating: .none, count: ClickHeader.allCases.count)

    /// Adds a click on each of the links, as from elsewhere: each brings a route of its own.
    private func add(_ links: Range<Int>, to tally: inout LinkTally) {
        var group = ClickGroup()
        for link in links {
            let route = Route(
                id: "l\(link)",
                slashtag: "a",
                creatorID: nil,
                workspace: WorkspaceIdentity(number: 1, id: "w", name: "W"),
                domain: DomainIdentity(id: "d", raw: "go.test"),
                destination: "https://example.com/"
            )
            headers.withUnsafeBufferPointer {
                group.append(
                    receivedAt: .now,
                    route: route,
                    address: nil,
                    query: nil,
                    location: nil,
                    headers: $0
                )
            }
        }
        group.forEach { click, _ in
            tally.add(click, EncodedClick(isHuman: true, startsSession: false))
        }
    }

    @Test func `links are told apart by their ids, however many routes there are`() throws {
        var tally = LinkTally()
        add(0..<5000, to: &tally)
        add(0..<5000, to: &tally)
        tally.committed(Offset(7)..<Offset(10_007))
        add(0..<10, to: &tally)
        tally.committed(Offset(10_007)..<Offset(10_017))
        let taken = tally.take()
        let counts = try #require(taken)
        #expect(counts.offsets == Offset(7)..<Offset(10_017))
        #expect(counts.links.count == 5000)
        for link in 0..<5000 {
            let found = counts.links[CountedLink(workspace: 1, id: "l\(link)")]?.clicks
            #expect(found == (link < 10 ? 3 : 2))
        }
        #expect(tally.take() == nil)
    }

    @Test func `a tally that is given up counts no part of the log`() throws {
        var tally = LinkTally()
        add(0..<10, to: &tally)
        tally.committed(Offset(0)..<Offset(10))
        add(0..<110_000, to: &tally)
        tally.committed(Offset(10)..<Offset(110_010))
        #expect(tally.take() == nil)
        // Whoever counts reads what lies before from the log.
        add(0..<1, to: &tally)
        tally.committed(Offset(110_010)..<Offset(110_011))
        let taken = tally.take()
        let counts = try #require(taken)
        #expect(counts.offsets == Offset(110_010)..<Offset(110_011))
        #expect(counts.links.map(\.value.clicks) == [1])
    }
}
