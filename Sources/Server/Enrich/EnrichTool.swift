import Catalog
package import ClickModel
import Enrichment
package import Foundation

/// `clickstream enrich`: raw requests in, events out, line by line and in order.
package struct EnrichTool {
    private let encoder: StandardEncoder
    private let links: (any LinkSource)?
    private let format: EventFormat

    /// Loads the tables.
    ///
    /// - Parameters:
    ///   - settings: The configuration: where the tables are, the session window.
    ///   - dataDirectory: Whose catalog knows the links; nil for none.
    ///   - format: The events' form.
    /// - Throws: What is missing of the tables or the catalog.
    package init(_ settings: ServerSettings, dataDirectory: String?, format: EventFormat) throws {
        let tables = try Tables(
            in: TablesLocation.find(configured: settings.tablesDirectory),
            geoDatabase: settings.geoDatabase
        )
        encoder = try StandardEncoder(tables: tables, settings: settings.encoder)
        links = try dataDirectory.map { try Catalog(CatalogSettings(directory: $0)) }
        self.format = format
    }

    private static let readBytes = 1 << 18

    /// Reads until the end of the input.
    ///
    /// Memory holds one piece of the input, however long that is. A line longer than 1 MiB is refused.
    ///
    /// - Returns: Whether every line could be read.
    package func run(input: FileHandle, output: FileHandle, errors: FileHandle) throws -> Bool {
        var rest = Data()
        var number = 0
        var isClean = true
        var isSkipping = false
        while let piece = try input.read(upToCount: Self.readBytes), !piece.isEmpty {
            rest += piece
            guard let end = rest.lastIndex(of: 0x0A) else {
                if rest.count > Self.longestLine {
                    isSkipping = true
                    rest = Data()
                }
                continue
            }
            var lines = rest[...end].split(separator: 0x0A, omittingEmptySubsequences: false)
                .dropLast()
            rest = Data(rest[(end + 1)...])
            if isSkipping {
                number += 1
                lines = lines.dropFirst()
                isSkipping = false
                isClean = false
                try errors.write(contentsOf: Self.message("error", "longer than 1 MiB", number))
            }
            isClean = try handle(lines, &number, output, errors) && isClean
        }
        if !rest.isEmpty { isClean = try handle([rest], &number, output, errors) && isClean }
        return isClean
    }

    private static let longestLine = 1 << 20

    private func handle(
        _ lines: some Sequence<Data>,
        _ number: inout Int,
        _ output: FileHandle,
        _ errors: FileHandle
    ) throws -> Bool {
        var group = ClickGroup()
        var messages = Data()
        var isClean = true
        for line in lines {
            number += 1
            guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { continue }
            do throws(RawRequest.Refusal) {
                try RawRequest(line, now: .now, links: links).append(to: &group)
            } catch {
                switch error {
                case .unreadable(let reason):
                    isClean = false
                    messages += Self.message("error", reason, number)
                case .skipped(let reason):
                    messages += Self.message("skipped", reason, number)
                }
            }
        }
        try output.write(contentsOf: events(of: group))
        if !messages.isEmpty { try errors.write(contentsOf: messages) }
        return isClean
    }

    private func events(of group: ClickGroup) -> Data {
        let events = EventGroup()
        group.forEach { click, request in encoder.encode(click, request, into: events) }
        let out = ByteWriter(capacity: events.payload.count + 64)
        var start = 0
        for facts in events.facts {
            let end = start + facts.eventLength
            format.append(
                event: events.payload.bytes.view(start, end),
                id: facts.id,
                offset: nil,
                details: events.payload.bytes.view(end, end + facts.detailsLength),
                to: out
            )
            out.append(0x0A)
            start += facts.length
        }
        return Data(out.bytes)
    }

    private static func message(_ kind: String, _ reason: String, _ line: Int) -> Data {
        let writer = ByteWriter(capacity: 128)
        writer.append(0x7B)
        writer.append(json: kind)
        writer.append(0x3A)
        writer.append(json: reason)
        writer.append(",\"line\":")
        writer.append(decimal: Int64(line))
        writer.append("}\n")
        return Data(writer.bytes)
    }
}
