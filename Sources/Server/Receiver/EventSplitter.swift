import Foundation

/// The events of an envelope, each with the bytes that were sent.
enum EventSplitter {
    /// The members of `data`, or nil when the body is no envelope.
    static func events(in body: Data) -> [Data]? {
        guard (try? JSONSerialization.jsonObject(with: body)) is [String: Any] else { return nil }
        let bytes = Array(body)
        guard let start = bytes.firstIndex(of: 0x5B), bytes[..<start].count <= 16 else {
            return nil
        }
        var events: [Data] = []
        var depth = 0
        var isText = false
        var isEscaped = false
        var begin = start + 1
        for index in (start + 1)..<bytes.count {
            let byte = bytes[index]
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isText = false
                }
                continue
            }
            switch byte {
            case 0x22: isText = true
            case 0x7B, 0x5B:
                if depth == 0 { begin = index }
                depth += 1
            case 0x7D:
                depth -= 1
                if depth == 0 { events.append(Data(bytes[begin...index])) }
            case 0x5D:
                if depth == 0 { return events }
                depth -= 1
            default: break
            }
        }
        return nil
    }
}
