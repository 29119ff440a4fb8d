import ClickModel
import Foundation
import TestKit
import Testing

struct ByteWriterTests {
    @Test(arguments: [0, 7, -7, 10, 99, 100, 1_234_567_890, .max, .min])
    func `integers are written in decimal digits`(value: Int64) {
        let writer = ByteWriter()
        writer.append(decimal: value)
        #expect(writer.bytes.text == "\(value)")
    }

    @Test func `growing keeps what was written`() {
        let writer = ByteWriter(capacity: 0)
        var expected: [UInt8] = []
        for round in 0..<1000 {
            let piece = Array(repeating: UInt8(truncatingIfNeeded: round), count: round % 70)
            writer.append(piece)
            writer.append(UInt8(truncatingIfNeeded: round))
            expected += piece + [UInt8(truncatingIfNeeded: round)]
        }
        #expect(Array(writer.bytes) == expected)
    }

    @Test func `truncating forgets the end only`() {
        let writer = ByteWriter()
        writer.append("clicks")
        writer.truncate(to: 5)
        #expect(writer.bytes.text == "click")
        writer.truncate(to: 99)
        writer.truncate(to: -1)
        #expect(writer.count == 0)
    }

    @Test func `fixed-width integers lie least significant byte first`() {
        let writer = ByteWriter()
        writer.append(littleEndian: UInt32(0x0102_0304))
        #expect(Array(writer.bytes) == [4, 3, 2, 1])
    }

    @Test func `room that was not used is not taken`() {
        let writer = ByteWriter(capacity: 64)
        #expect(writer.appendRoom(1000) { _ in nil } == nil)
        #expect(writer.appendRoom(4) { _ in 5 } == nil)
        #expect(writer.count == 0)
        let written = writer.appendRoom(4) { room in
            room.storeBytes(of: 0x41, as: UInt8.self)
            return 1
        }
        #expect(written == 1)
        #expect(writer.bytes.text == "A")
    }
}

struct JSONTextTests {
    private func json(_ bytes: [UInt8]) -> String {
        let writer = ByteWriter()
        bytes.withUnsafeBufferPointer { writer.append(json: $0) }
        return writer.bytes.text
    }

    @Test(arguments: [
        ("plain", #""plain""#), (#"a"b\c"#, #""a\"b\\c""#), ("a/b", #""a/b""#),
        ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#), ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""),
        ("é 世 🙂 \u{2028}", "\"é 世 🙂 \u{2028}\""), ("", #""""#),
    ])
    func `only quotes, backslashes and control characters are escaped`(text: String, json: String) {
        #expect(self.json(Array(text.utf8)) == json)
    }

    @Test func `no text is null`() {
        let writer = ByteWriter()
        writer.append(jsonOrNull: nil)
        #expect(writer.bytes.text == "null")
    }

    /// The Unicode Standard's examples (section 3.9, tables 3-8 to 3-11), and other classics.
    @Test(
        arguments: [
            (
                [0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80, 0x63, 0x80, 0xBF, 0x64],
                "a���b�c��d"
            ),
            ([0xC0, 0xAF, 0xE0, 0x80, 0xBF, 0xF0, 0x81, 0x82, 0x41], "��������A"),
            ([0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF, 0xED, 0xAF, 0x41], "��������A"),
            ([0xF4, 0x91, 0x92, 0x93, 0xFF, 0x41, 0x80, 0xBF, 0x42], "�����A��B"),
            ([0xE1, 0x80, 0xE2, 0xF0, 0x91, 0x92, 0xF1, 0xBF, 0x41], "����A"),
            ([0xFF], "�"), ([0xC3], "�"), ([0xF0, 0x9F, 0x99], "�"),
        ] as [([UInt8], String)]
    )
    func `each longest malformed part becomes one U+FFFD`(bytes: [UInt8], text: String) {
        #expect(json(bytes) == "\"\(text)\"")
    }

    @Test func `anything comes out as JSON of what the standard library reads`() throws {
        var random = SeededRandom(for: "JSON text")
        for _ in 0..<3000 {
            let bytes = random.bytes(upTo: 30)
            let data = Data(json(bytes).utf8)
            let read = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            #expect(read as? String == String(decoding: bytes, as: UTF8.self), "\(bytes)")
        }
    }
}
