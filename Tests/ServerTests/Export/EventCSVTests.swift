import ClickModel
import Enrichment
import Foundation
import Testing

@testable import Server

struct EventCSVTests {
    private static func line(_ event: String, _ format: EventFormat = .rebrandly) throws -> String?
    {
        let table = try #require(EventCSV(format))
        let writer = ByteWriter()
        let isEvent = Array(event.utf8).withUnsafeBufferPointer { table.append($0, to: writer) }
        return isEvent ? writer.bytes.text : nil
    }

    /// Reads CSV as RFC 4180 has it.
    private static func fields(_ line: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        let text = Array(line.unicodeScalars)
        var index = 0
        while index < text.count {
            let next = text[index]
            if isQuoted, next == "\"", index + 1 < text.count, text[index + 1] == "\"" {
                fields[fields.count - 1].unicodeScalars.append("\"")
                index += 1
            } else if next == "\"" {
                isQuoted.toggle()
            } else if next == ",", !isQuoted {
                fields.append("")
            } else if isQuoted || (next != "\r" && next != "\n") {
                fields[fields.count - 1].unicodeScalars.append(next)
            }
            index += 1
        }
        return fields
    }

    @Test func `the golden event has its values under their paths`() throws {
        let event =
            #"{"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":"pt","location":{"country":"br"},"agent":{"browser":{"name":"facebook-app","version":"227.0.0.43.158"},"os":{"name":"android","version":"android-9.0-pie"},"device":{"name":"smartphone"},"type":"human"},"session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},"referral":{"hostname":"m.facebook.com","protocol":"http","path":"/","origin":{"type":"social","name":"facebook"}},"route":{"id":"a1","slashtag":"spring","creator":{"id":"wf","workspace":{"id":"d8","name":"Acme"}},"domain":{"id":"9a","raw":"go.acme.com"},"destination":{"raw":"https://www.yourdestination.com/?utm_source=a&utm_medium=b","protocol":"https","hostname":"www.yourdestination.com","path":"/","params":{"query":{"utm_source":["a"],"utm_medium":["b"]}}}}}"#
        #expect(
            try Self.line(event)
                == #"2019-07-02T14:07:06.981094Z,pt,br,facebook-app,227.0.0.43.158,android,android-9.0-pie,smartphone,human,2019-07-02T14:07:06.981094Z,true,m.facebook.com,http,/,social,facebook,a1,spring,wf,d8,Acme,9a,go.acme.com,https://www.yourdestination.com/?utm_source=a&utm_medium=b,https,www.yourdestination.com,/,"{""utm_source"":[""a""],""utm_medium"":[""b""]}""#
                + "\r\n"
        )
    }

    @Test func `what needs quotes gets them, and nothing is lost`() throws {
        for text in [
            "a,b", "a\"b", "\"", "\"\"", "a\nb", "a\r\nb", ",", " a ", "é,ü", "a'b", "=1+1", "{}",
            "\u{0}", "\\",
        ] {
            let json = String(
                decoding: try JSONEncoder().encode(["slashtag": text]),
                as: UTF8.self
            )
            let line = try #require(try Self.line(#"{"route":\#(json)}"#))
            let index = try #require(EventCSV(.rebrandly)?.columns.firstIndex(of: "route.slashtag"))
            let fields = Self.fields(line)
            #expect(fields.count == EventCSV(.rebrandly)?.columns.count)
            #expect(fields[index] == text)
        }
    }

    @Test func `null is an empty field, an empty text is not`() throws {
        let line = try #require(
            try Self.line(#"{"timestamp":"","client":{"language":null,"session":null},"x":1}"#)
        )
        #expect(line == "\"\"" + String(repeating: ",", count: 27) + "\r\n")
        #expect(try Self.line("nonsense") == nil)
        #expect(try Self.line("[]") == nil)
        #expect(EventCSV(.cloudevents) == nil)
    }

    /// Goes red when the encoder has a member that no column is for.
    @Test(
        .enabled(if: (try? TablesLocation.find(configured: tables)) != nil, "needs .data/tables"),
        arguments: [EventFormat.rebrandly, .extended]
    )
    func `every value of an event has its column, in the event's order`(format: EventFormat) throws
    {
        let pipe = Pipe()
        let raw =
            #"{"timestamp":"2026-01-01T00:00:00Z","url":"https://go.test/a?x=1","ip":"200.160.2.3","headers":{"user-agent":"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1","referer":"https://www.google.com/","sec-gpc":"1"},"route":{"id":"l","creator":{"id":"c","workspace":{"id":"w","name":"W"}},"domain":{"id":"d"},"destination":"https://example.com/?q=1"}}"#
        try pipe.fileHandleForWriting.write(contentsOf: Data(raw.utf8))
        try pipe.fileHandleForWriting.close()
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var tool = try EnrichTool(
            tables: Tables(in: TablesLocation.find(configured: tables)),
            settings: EncoderSettings(),
            links: nil,
            format: format
        )
        let output = try #require(FileHandle(forWritingAtPath: path))
        #expect(try tool.run(input: pipe.fileHandleForReading, output: output, errors: output))
        let event = try Data(contentsOf: URL(filePath: path)).dropLast()
        #expect(
            Array(event).withUnsafeBufferPointer { Self.paths(of: $0, under: "") }
                == EventCSV(format)?.columns
        )
    }

    /// The paths of an object's values, in order.
    private static func paths(of object: ByteView, under path: String) -> [String] {
        guard var parts = JSONParts(object, 0x7B) else { return [] }
        var paths: [String] = []
        while let (name, value) = try? parts.member() {
            let own = path + name.bytes.text
            if value.kind == .object, own != "route.destination.params.query" {
                paths += Self.paths(of: value.bytes, under: own + ".")
            } else {
                paths.append(own)
            }
        }
        return paths
    }
}

private let tables = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: ".data/tables").path
