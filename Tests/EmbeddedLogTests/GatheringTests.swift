import Testing

@testable import EmbeddedLog

@Suite struct GatheringTests {
    /// How many clicks a commit has in the end, when `arrivals` come in one wait after the other.
    private func commit(
        _ gathering: inout Gathering,
        with first: Int,
        arrivals: [Int]
    ) -> (count: Int, waits: Int, microseconds: UInt32) {
        var (count, waits, waited) = (first, 0, UInt32(0))
        while let microseconds = gathering.wait(with: count) {
            waited += microseconds
            count += waits < arrivals.count ? arrivals[waits] : 0
            waits += 1
        }
        return (count, waits, waited)
    }

    @Test func `a few clicks wait for more, at most a millisecond, while more come`() {
        var gathering = Gathering()
        for _ in 0..<10 {
            let steady = commit(&gathering, with: 6, arrivals: [4, 4, 4, 4, 4, 4, 4])
            #expect(steady.count == 26 && steady.waits == 5 && steady.microseconds == 1000)
        }
    }

    @Test func `some more clicks wait half as long`() {
        var gathering = Gathering()
        let steady = commit(&gathering, with: 14, arrivals: [3, 3, 3, 3, 3, 3])
        #expect(steady.count == 29 && steady.microseconds == 500)
    }

    @Test func `enough is enough`() {
        var gathering = Gathering()
        let quick = commit(&gathering, with: 6, arrivals: [30, 30, 30])
        #expect(quick.count == 36 && quick.waits == 1)
        // Silence ends a wait as well.
        #expect(commit(&gathering, with: 6, arrivals: [9, 0, 9]).waits == 2)
    }

    @Test(arguments: [1, 32, 40, 512])
    func `a single click and a large group never wait`(count: Int) {
        var gathering = Gathering()
        #expect(commit(&gathering, with: count, arrivals: [50]).waits == 0)
    }

    @Test func `where waiting brings nothing, it becomes rare`() {
        var gathering = Gathering()
        let waits = (0..<5000).reduce(0) { sum, _ in
            sum + commit(&gathering, with: 6, arrivals: []).waits
        }
        // After 1, 2, 4, ... 1024 commits without, then every 1024.
        #expect(waits == 14)
    }

    @Test func `clients that wait for their answers are not made to wait longer`() {
        var gathering = Gathering()
        // All who have no answer yet come at once, and then nobody does.
        let waits = (0..<1000).reduce(0) { sum, _ in
            sum + commit(&gathering, with: 6, arrivals: [10, 0]).waits
        }
        #expect(waits < 30)
    }

    @Test func `it waits again once that pays`() {
        var gathering = Gathering()
        for _ in 0..<3000 { _ = commit(&gathering, with: 6, arrivals: []) }
        var waited = 0
        for _ in 0..<3000 where commit(&gathering, with: 6, arrivals: [4, 4, 4, 4, 4]).waits > 0 {
            waited += 1
        }
        #expect(waited > 1900)
    }
}
