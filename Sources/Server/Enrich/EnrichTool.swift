package import ClickModel
package import Enrichment
package import Foundation

/// `clickstream enrich`: raw requests in, events out, line by line and in order.
///
/// One thread reads. Some, one for each core, understand the lines and find what events are made of. The
/// caller's joins the events, in the order of the lines for that decides about sessions, and writes them.
package struct EnrichTool {
    private static let longestLine = 1 << 20

    private let tables: Tables
    private let settings: EncoderSettings
    private let links: (any LinkSource)?
    private let format: EventFormat
    private let threads: Int

    private let encoder: StandardEncoder
    private let events = EventGroup()
    private let output = ByteWriter(capacity: 1 << 20)
    private let messages = ByteWriter()
    /// Lines before the chunk in work.
    private var lines = 0
    private var isClean = true

    /// Makes the tool.
    ///
    /// - Parameters:
    ///   - tables: The data to enrich by.
    ///   - settings: How.
    ///   - links: The catalog that knows links by their URLs; nil for none.
    ///   - format: The events' form.
    ///   - threads: How many understand lines; nil for one on each core that may be used.
    /// - Throws: What keeps the encoder from being made.
    package init(
        tables: Tables,
        settings: EncoderSettings,
        links: (any LinkSource)?,
        format: EventFormat,
        threads: Int? = nil
    ) throws {
        self.tables = tables
        self.settings = settings
        self.links = links
        self.format = format
        self.threads =
            threads ?? UsableCores.count ?? ProcessInfo.processInfo.activeProcessorCount
        encoder = try StandardEncoder(tables: tables, settings: settings)
    }

    /// Reads until the end of the input.
    ///
    /// What has come is written before more is waited for. Memory holds a few pieces of the input,
    /// however long that is; a line longer than 1 MiB is refused.
    ///
    /// - Returns: Whether every line could be read.
    /// - Throws: Why the input can't be read or the output can't be written.
    package mutating func run(
        input: FileHandle,
        output: FileHandle,
        errors: FileHandle
    ) throws -> Bool {
        let work = OrderedWork<LineChunk, ReadLines>(limit: 2 * threads + 2)
        defer { work.cancel() }
        startReading(input, into: work)
        for _ in 0..<threads { startWorking(on: work) }
        while let lines = try work.next() {
            join(lines)
            try write(self.output, to: output.fileDescriptor)
            try write(messages, to: errors.fileDescriptor)
        }
        return isClean
    }

    private func startReading(_ input: FileHandle, into work: OrderedWork<LineChunk, ReadLines>) {
        let descriptor = input.fileDescriptor
        Thread.detachNewThread {
            var reader = ChunkReader(descriptor, longestLine: Self.longestLine)
            let end = Result {
                while let chunk = try reader.next(), work.submit(chunk) {}
            }
            work.finish(end)
        }
    }

    private func startWorking(on work: OrderedWork<LineChunk, ReadLines>) {
        let (tables, settings, links) = (tables, settings, links)
        Thread.detachNewThread {
            var reader = RawRequestReader(links: links)
            let source = FragmentSource(tables: tables, settings: settings)
            work.work { ReadLines($0, &reader, source, longestLine: Self.longestLine) }
        }
    }

    private mutating func join(_ read: ReadLines) {
        for note in read.notes {
            isClean = isClean && note.kind == .skipped
            write(note)
        }
        lines += read.lines
        var index = 0
        read.clicks.forEach { click, request in
            encoder.encode(click, request, read.fragments[index], into: events)
            index += 1
        }
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
        events.removeAll()
    }

    private func write(_ note: ReadLines.Note) {
        messages.append(0x7B)
        messages.append(json: note.kind.rawValue)
        messages.append(0x3A)
        messages.append(json: note.reason)
        messages.append(",\"line\":")
        messages.append(decimal: Int64(lines + note.line))
        messages.append("}\n")
    }

    private func write(_ writer: ByteWriter, to descriptor: Int32) throws {
        var rest = UnsafeRawBufferPointer(writer.bytes)
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Foundation.write(descriptor, base, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                throw StartError("the output can't be written: \(SystemError.words(for: errno))")
            }
        }
        writer.removeAll()
    }
}
