import ClickModel
import TestKit
import Testing

struct ClickIDTests {
    @Test func `an id is a UUID of version 7 that begins with its time`() {
        var random = SeededRandom(for: "click ids")
        let time = Timestamp(microseconds: 1_562_076_426_981_094)
        for _ in 0..<100 {
            let text = ClickID(at: time, using: &random).description
            #expect(text.count == 36)
            #expect(text.hasPrefix("016bb302-b2e5-7"))
            #expect("89ab".contains(text[text.index(text.startIndex, offsetBy: 19)]))
        }
    }

    @Test func `ids sort by time, and a time before 1970 is no trap`() {
        var random = SeededRandom(for: "click ids in order")
        var last = ClickID(at: Timestamp(microseconds: -1), using: &random).description
        for millisecond in 1...1000 {
            let time = Timestamp(microseconds: Int64(millisecond) * 1000)
            let text = ClickID(at: time, using: &random).description
            #expect(last < text)
            last = text
        }
        _ = ClickID(at: Timestamp(microseconds: .max), using: &random)
    }
}
