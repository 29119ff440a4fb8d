import ClickModel
import Enrichment
import Foundation
import TestKit
import Testing

@testable import Server

/// What the tool writes for some input.
private struct Run {
    let events: [String]
    let messages: [String]
    let isClean: Bool

    /// Runs it on what comes through a pipe.
    init(_ input: Data, threads: Int) throws {
        let pipe = Pipe()
        Thread.detachNewThread {
            // In odd pieces: lines are cut anywhere.
            for start in stride(from: 0, to: input.count, by: 70_001) {
                let piece = input[start..<min(start + 70_001, input.count)]
                try? pipe.fileHandleForWriting.write(contentsOf: piece)
            }
            try? pipe.fileHandleForWriting.close()
        }
        try self.init(pipe.fileHandleForReading, threads: threads)
    }

    init(_ input: FileHandle, threads: Int) throws {
        let folder = try TablesLocation.find(configured: nil)
        var tool = try EnrichTool(
            tables: Tables(in: folder),
            settings: EncoderSettings(),
            links: nil,
            format: .rebrandly,
            threads: threads
        )
        let (output, errors) = (try File(), try File())
        isClean = try tool.run(input: input, output: output.handle, errors: errors.handle)
        events = try output.lines()
        messages = try errors.lines()
    }

    private struct File {
        let handle: FileHandle
        private let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path

        init() throws {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            handle = try FileHandle(forUpdating: URL(filePath: path))
            try FileManager.default.removeItem(atPath: path)
        }

        func lines() throws -> [String] {
            try handle.seek(toOffset: 0)
            let text = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
            return text.split(separator: "\n").map(String.init)
        }
    }
}

@Suite(.enabled(if: GeoFile.python != nil, "needs .data/tables: run scripts/setup"))
struct EnrichToolTests {
    /// Lines of which some are errors; sessions of a few visitors run through all of them.
    private func input(_ count: Int) -> (data: Data, errors: [Int]) {
        var text = "\u{FEFF}"
        var errors: [Int] = []
        for line in 1...count {
            if line % 1000 == 7 {
                text += "{\"ip\": 7}\n"
                errors.append(line)
            } else {
                text += """
                    {"timestamp":"2026-01-01T00:\(10 + line / 6000):\(10 + line / 100 % 50).000000Z",\
                    "url":"https://go.test/a?n=\(line)","ip":"198.51.100.\(line % 50)",\
                    "headers":{"user-agent":"Agent/\(line % 300)"}}\n
                    """
            }
        }
        return (Data(text.utf8), errors)
    }

    @Test func `events come in the order of the lines, whatever the threads`() throws {
        let (data, errors) = input(20_000)
        let alone = try Run(data, threads: 1)
        let shared = try Run(data, threads: 4)
        #expect(alone.events.count == 20_000 - errors.count)
        #expect(shared.events == alone.events)
        #expect(alone.events.contains { $0.contains("\"first\":false") })
        #expect(shared.messages == errors.map { "{\"error\":\"ip is no text\",\"line\":\($0)}" })
        #expect(!shared.isClean)
    }

    @Test func `a line that is too long is refused by its number, and the next ones are read`()
        throws
    {
        for tooLong in [1 << 20, 3 << 20] {
            var text = "{\"ip\":\"192.0.2.1\"}\n"
            text += "{\"url\":\"" + String(repeating: "a", count: tooLong) + "\"}\n"
            text += "{\"ip\":\"192.0.2.2\"}\n{}"
            let run = try Run(Data(text.utf8), threads: 2)
            #expect(run.events.count == 3)
            #expect(run.messages == [#"{"error":"longer than 1048576 bytes","line":2}"#])
        }
        let end = Data((String(repeating: "a", count: 2 << 20)).utf8)
        let run = try Run(end, threads: 2)
        #expect(run.events.isEmpty)
        #expect(run.messages == [#"{"error":"longer than 1048576 bytes","line":1}"#])
    }

    @Test func `lines behind one that is too long are all read, from a file too`() throws {
        let path = "/tmp/enrich-\(UUID()).jsonl"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let small = String(repeating: "{\"ip\":\"192.0.2.1\"}\n", count: 60_000)
        let long = "{\"url\":\"" + String(repeating: "a", count: 3 << 19) + "\"}\n"
        try Data((small + long + small + "{\"ip\":7}\n" + small).utf8)
            .write(to: URL(filePath: path))
        let file = try #require(FileHandle(forReadingAtPath: path))
        let run = try Run(file, threads: 2)
        #expect(run.events.count == 180_000)
        #expect(
            run.messages == [
                #"{"error":"longer than 1048576 bytes","line":60001}"#,
                #"{"error":"ip is no text","line":120002}"#,
            ]
        )
    }

    @Test func `an empty line is passed over, one of control characters is an error`() throws {
        let run = try Run(Data("{}\n\n \t\r\n\u{1}\n\u{0}\u{B}\n{}".utf8), threads: 2)
        #expect(run.events.count == 2)
        #expect(run.messages.map { $0.suffix(9) } == [#""line":4}"#, #""line":5}"#])
    }

    @Test func `an input that can't be read ends with the reason`() throws {
        let folder = try TablesLocation.find(configured: nil)
        var tool = try EnrichTool(
            tables: Tables(in: folder),
            settings: EncoderSettings(),
            links: nil,
            format: .rebrandly
        )
        let directory = try #require(FileHandle(forReadingAtPath: "/tmp"))
        let error = #expect(throws: StartError.self) {
            try tool.run(input: directory, output: .nullDevice, errors: .nullDevice)
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("can't be read"))
    }
}
