import Glibc

/// What matters of the head of a request or an answer.
struct Head {
    /// Bytes of the head, its empty line included.
    let length: Int
    let bodyLength: Int
    let closes: Bool
    let isTest: Bool
    let expectsContinue: Bool

    /// Nil while the head is not complete.
    init?(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        var (bodyLength, closes, isTest, expectsContinue) = (0, false, false, false)
        var at = 0
        while true {
            guard let found = memchr(bytes + at, 10, count - at) else { return nil }
            let end = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
            if end - at <= 1 {
                self.length = end + 1
                self.bodyLength = bodyLength
                self.closes = closes
                self.isTest = isTest
                self.expectsContinue = expectsContinue
                return
            }
            switch bytes[at] | 0x20 {
            case UInt8(ascii: "c"):
                if let value = Self.value("content-length:", bytes + at, end - at) {
                    bodyLength = Self.number(value, bytes + end)
                } else if let value = Self.value("connection:", bytes + at, end - at) {
                    closes = Self.value(" close", value, bytes + end - value) != nil
                }
            case UInt8(ascii: "w"):
                isTest = isTest || Self.value("webhook-test:", bytes + at, end - at) != nil
            case UInt8(ascii: "e"):
                expectsContinue =
                    expectsContinue || Self.value("expect: 1", bytes + at, end - at) != nil
            default: break
            }
            at = end + 1
        }
    }

    /// What follows the name when the line begins with it, in whatever case.
    private static func value(
        _ name: StaticString,
        _ line: UnsafePointer<UInt8>,
        _ count: Int
    ) -> UnsafePointer<UInt8>? {
        let length = name.utf8CodeUnitCount
        guard count > length else { return nil }
        return strncasecmp(name.utf8Start, line, length) == 0 ? line + length : nil
    }

    private static func number(_ from: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        var (at, number) = (from, 0)
        while at < end {
            if case 48...57 = at.pointee { number = number * 10 + Int(at.pointee) - 48 }
            at += 1
        }
        return number
    }
}

extension UnsafePointer<UInt8> {
    /// The status of an answer that begins here.
    var status: Int { Int(self[9]) * 100 + Int(self[10]) * 10 + Int(self[11]) - 48 * 111 }
}
