import NIOCore

/// Cuts server-sent events out of the pieces that they come in.
struct ServerSentEvents {
    struct Event {
        /// `message` where none is named.
        var kind = "message"
        var data = ""
        /// Where to go on after it.
        var id: String?
    }

    private var buffer = ByteBuffer()
    private var event = Event()
    private var hasFields = false

    /// Takes a piece, and gives the events that are whole with it.
    mutating func take(_ piece: ByteBuffer) -> [Event] {
        var piece = piece
        buffer.writeBuffer(&piece)
        var whole: [Event] = []
        while let end = buffer.readableBytesView.firstIndex(of: 0x0A) {
            let line = buffer.readString(length: end - buffer.readerIndex) ?? ""
            buffer.moveReaderIndex(forwardBy: 1)
            guard line.isEmpty else {
                note(line)
                continue
            }
            if hasFields { whole.append(event) }
            (event, hasFields) = (Event(), false)
        }
        buffer.discardReadBytes()
        return whole
    }

    private mutating func note(_ line: String) {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return }
        let value = String(line[line.index(after: colon)...].drop { $0 == " " })
        hasFields = true
        switch line[..<colon] {
        case "id": event.id = value
        case "event": event.kind = value
        case "data": event.data += event.data.isEmpty ? value : "\n" + value
        default: break
        }
    }
}
