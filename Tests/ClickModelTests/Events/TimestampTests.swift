import ClickModel
import Foundation
import TestKit
import Testing

struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_562_076_426_981_094, "2019-07-02T14:07:06.981094Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (.min, "0000-01-01T00:00:00.000000Z"), (.max, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)]
    )
    func `moments are written in UTC with six digits`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test(
        arguments: [
            ("2019-07-02T14:07:06.981094Z", 1_562_076_426_981_094),
            ("2019-07-02t14:07:06.981094z", 1_562_076_426_981_094),
            ("2019-07-02 14:07:06Z", 1_562_076_426_000_000),
            ("2019-07-02T16:37:06.9810949999+02:30", 1_562_076_426_981_094),
            ("2019-07-02T04:07:06.5-10:00", 1_562_076_426_500_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)]
    )
    func `any offset and any number of digits is read`(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2019", "2019-07-02", "2019-07-02T14:07:06", "2019-07-02T14:07:06.Z",
        "2019-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2019-13-01T00:00:00Z",
        "2019-04-31T00:00:00Z", "2019-00-01T00:00:00Z", "2019-01-00T00:00:00Z",
        "2019-01-01T24:00:00Z", "2019-01-01T00:60:00Z", "2019-01-01T00:00:61Z",
        "2019-01-01T00:00:00+24:00", "2019-01-01T00:00:00+0000", "2019-01-01T00:00:00Z ",
        " 2019-01-01T00:00:00Z", "+019-01-01T00:00:00Z", "2019-01-01T00:00:00.١Z",
    ])
    func `what is no moment is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `what was written is read as itself, and Foundation agrees`() {
        var random = SeededRandom(for: "timestamps")
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        for _ in 0..<5000 {
            let range = -62_167_219_200_000_000...253_402_300_799_999_999 as ClosedRange<Int64>
            let moment = Timestamp(microseconds: .random(in: range, using: &random))
            let text = moment.description
            #expect(Timestamp(text) == moment)
            // Foundation keeps the Julian calendar before 1582.
            guard moment.microseconds > -12_219_292_800_000_000 else { continue }
            // Whole seconds before the conversion: a Double has no room for so many microseconds.
            let micro = moment.microseconds
            let second = Double(micro >= 0 ? micro / 1_000_000 : (micro + 1) / 1_000_000 - 1)
            let theirs = style.format(Date(timeIntervalSince1970: second))
            #expect(text.prefix(19) == theirs.prefix(19))
        }
    }

    @Test func `hostile text is refused or read, never a trap`() {
        var random = SeededRandom(for: "hostile timestamps")
        for _ in 0..<5000 {
            var bytes = Array("2019-07-02T14:07:06.981094+00:00".utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[index] = .random(in: 0x20...0x7F, using: &random)
                } else {
                    bytes.remove(at: index)
                }
            }
            _ = Timestamp(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `moving stays within what can be written down`() {
        let end = Timestamp(microseconds: .max)
        #expect(end.advanced(by: .seconds(1)) == end)
        let start = Timestamp(microseconds: .min)
        #expect(start.advanced(by: .seconds(-1)) == start)
        let zero = Timestamp(microseconds: 0)
        #expect(zero.advanced(by: .seconds(Int64.max)) == end)
        #expect(zero.advanced(by: .milliseconds(-1500)).microseconds == -1_500_000)
    }

    @Test func `durations are rounded down to microseconds`() {
        #expect(Duration.nanoseconds(1999).wholeMicroseconds == 1)
        #expect(Duration.nanoseconds(-1).wholeMicroseconds == -1)
        #expect(Duration.nanoseconds(-1000).wholeMicroseconds == -1)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
    }
}
