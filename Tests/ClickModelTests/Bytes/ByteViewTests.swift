import ClickModel
import Testing

struct ByteViewTests {
    @Test func `a view is cut to what there is`() {
        Array("clicks".utf8).withUnsafeBufferPointer { bytes in
            #expect(bytes.view(1, 3).text == "li")
            #expect(bytes.view(-5, 99).text == "clicks")
            #expect(bytes.view(4, 2).isEmpty)
            #expect(bytes.view(99, 100).isEmpty)
            #expect(ByteView.none.view(0, 1).isEmpty)
        }
    }

    @Test func `bytes are compared with literals, in one case or in any`() {
        Array("Host".utf8).withUnsafeBufferPointer { bytes in
            #expect(bytes.equals("Host"))
            #expect(!bytes.equals("host"))
            #expect(!bytes.equals("Hos"))
            #expect(bytes.equalsIgnoringCase("host"))
            #expect(!bytes.equalsIgnoringCase("hosts"))
        }
    }

    @Test func `only letters have a lower case`() {
        for byte in UInt8.min ... .max {
            let isUpper = ("A"..."Z").contains(Character(Unicode.Scalar(byte)))
            #expect(byte.asciiLowercased == (isUpper ? byte + 32 : byte))
        }
    }

    @Test func `spaces and tabs at the ends go`() {
        for (text, trimmed) in [(" \ta b\t ", "a b"), ("\t", ""), ("", ""), ("a", "a")] {
            Array(text.utf8).withUnsafeBufferPointer { #expect($0.trimmed.text == trimmed) }
        }
    }

    @Test func `hexadecimal digits have values in both cases`() {
        for byte in UInt8.min ... .max {
            let value = UInt8(String(Character(Unicode.Scalar(byte))), radix: 16)
            #expect(byte.hexValue == (byte < 0x80 ? value : nil))
        }
    }
}
