package import ClickModel
package import Foundation

/// `clickstream enrich`: raw requests in, events out, line by line and in order.
package struct EnrichTool {
    private static let longestLine = 1 << 20

    private let encoder: any EventEncoder
    private let format: EventFormat
    private var reader: RawRequestReader
    private var clicks = ClickGroup(capacity: 1024)
    private let events = EventGroup()
    private let output = ByteWriter(capacity: 1 << 20)
    private let messages = ByteWriter()
    private var line = 0
    private var isClean = true

    /// Makes the tool.
    ///
    /// - Parameters:
    ///   - encoder: What makes events of clicks.
    ///   - links: The catalog that knows links by their URLs; nil for none.
    ///   - format: The events' form.
    package init(encoder: any EventEncoder, links: (any LinkSource)?, format: EventFormat) {
        self.encoder = encoder
        self.format = format
        reader = RawRequestReader(links: links)
    }

    /// Reads until the end of the input.
    ///
    /// What has come is written before more is waited for. Memory holds one piece of the input,
    /// however long that is; a line longer than 1 MiB is refused.
    ///
    /// - Returns: Whether every line could be read.
    package mutating func run(
        input: FileHandle,
        output: FileHandle,
        errors: FileHandle
    ) throws -> Bool {
        var lines = LineReader(input.fileDescriptor, longestLine: Self.longestLine)
        var isOpen = true
        while isOpen {
            isOpen = try lines.readPiece { take($0) }
            encode()
            try write(self.output, to: output.fileDescriptor)
            try write(messages, to: errors.fileDescriptor)
        }
        return isClean
    }

    private mutating func take(_ text: ByteView?) {
        line += 1
        guard let text else {
            refuse("longer than \(Self.longestLine) bytes")
            return
        }
        // A byte order mark is what some systems begin a file with.
        let start = line == 1 && text.view(0, 3).equals("\u{FEFF}") ? 3 : 0
        let json = text.view(start, text.count)
        guard json.contains(where: { $0 > 0x20 }) else { return }
        do {
            try reader.read(json, into: &clicks)
        } catch {
            switch error {
            case .unreadable(let reason): refuse(reason)
            case .skipped(let reason): note("skipped", reason)
            }
        }
    }

    private mutating func refuse(_ reason: String) {
        isClean = false
        note("error", reason)
    }

    private func note(_ kind: String, _ reason: String) {
        messages.append(0x7B)
        messages.append(json: kind)
        messages.append(0x3A)
        messages.append(json: reason)
        messages.append(",\"line\":")
        messages.append(decimal: Int64(line))
        messages.append("}\n")
    }

    private mutating func encode() {
        clicks.forEach { click, request in encoder.encode(click, request, into: events) }
        var start = 0
        for facts in events.facts {
            let end = start + facts.eventLength
            format.append(
                event: events.payload.bytes.view(start, end),
                id: facts.id,
                offset: nil,
                details: events.payload.bytes.view(end, end + facts.detailsLength),
                to: output
            )
            output.append(0x0A)
            start += facts.length
        }
        clicks.removeAll()
        events.removeAll()
    }

    private func write(_ writer: ByteWriter, to descriptor: Int32) throws {
        var rest = UnsafeRawBufferPointer(writer.bytes)
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Foundation.write(descriptor, base, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                throw StartError("the output can't be written: \(errorText())")
            }
        }
        writer.removeAll()
    }
}
