import ClickModel
import Foundation
import TestKit
import Testing

@testable import Sinks

/// What a crash leaves is what was delivered.
@Suite struct FileRecoveryTests {
    private static let begun = Timestamp(microseconds: 1_562_076_426_981_094)
    private static let head = "begun 1562076426981094\n"
    private static let finished =
        "s1.20190702T140706981Z.00000000000000000001-00000000000000000004.ndjson"
    private static let later =
        "s1.20190702T141706981Z.00000000000000000005-00000000000000000006.ndjson"

    /// A sink that starts ten minutes after the file was begun.
    private static func sink(_ folder: TestFolder, _ settings: [String: String] = [:]) throws
        -> FileSink
    {
        let now = begun.advanced(by: .seconds(600))
        return FileSink(
            try FileSettings.read(settings).get(),
            of: EventStream.ID("s1"),
            in: folder.folder,
            now: { now }
        )
    }

    private static let next = OutgoingBatch.fixture("msg_3", sequences: 5...6, body: "5\n6\n")

    @Test(arguments: ["", "5", "5\n", "5\n6\n", "5\n6\n7"])
    func `what is behind the last whole batch is cut off`(_ torn: String) async throws {
        let folder = try TestFolder()
        try folder.write("1\n2\n3\n4\n\(torn)", to: "s1.ndjson.open")
        try folder.write(
            "\(Self.head)4 1 2 msg_1 .\n8 1 4 msg_2 .\n12 1 6 msg",
            to: "s1.batches.open"
        )
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.next).isDelivered)
        #expect(folder.text(of: "s1.ndjson.open") == "1\n2\n3\n4\n5\n6\n")
        await sink.close()
        #expect(
            folder.names == [
                "s1.20190702T140706981Z.00000000000000000001-00000000000000000006.ndjson"
            ]
        )
    }

    @Test func `a batch that is there already is not added again`() async throws {
        let folder = try TestFolder()
        try folder.write("5\n6\n", to: "s1.ndjson.open")
        try folder.write("\(Self.head)4 5 6 msg_3 .\n", to: "s1.batches.open")
        let sink = try Self.sink(folder, ["rotateSeconds": "1"])
        #expect(await sink.deliver(Self.next).isDelivered)
        #expect(folder.text(of: "s1.ndjson.open") == "5\n6\n")
        await sink.close()
    }

    @Test func `a file that is old after a crash is finished first`() async throws {
        let folder = try TestFolder()
        try folder.write("1\n2\n3\n4\n", to: "s1.ndjson.open")
        try folder.write("\(Self.head)8 1 4 msg_2 .\n", to: "s1.batches.open")
        let sink = try Self.sink(folder, ["rotateSeconds": "60"])
        #expect(await sink.deliver(Self.next).isDelivered)
        await sink.close()
        #expect(folder.names == [Self.finished, Self.later])
        #expect(folder.text(of: Self.finished) == "1\n2\n3\n4\n")
    }

    @Test func `a crash between a file's last name and its list's end loses nothing`()
        async throws
    {
        let folder = try TestFolder()
        try folder.write("1\n2\n3\n4\n", to: Self.finished)
        try folder.write("\(Self.head)8 1 4 msg_2 .\n", to: "s1.batches.open")
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.next).isDelivered)
        await sink.close()
        #expect(folder.names == [Self.finished, Self.later])
    }

    @Test func `a crash while a file is compressed neither loses nor doubles it`() async throws {
        let folder = try TestFolder()
        try folder.write("1\n2\n3\n4\n", to: "s1.ndjson.open")
        try folder.write("\(Self.head)8 1 4 msg_2 .\n", to: "s1.batches.open")
        // Before: a part that means nothing.
        try folder.write("not whole", to: "s1.gz.part")
        var sink = try Self.sink(folder, ["gzip": "true", "rotateSeconds": "60"])
        #expect(await sink.deliver(Self.next).isDelivered)
        #expect(Gunzip.bytes(folder.bytes(of: "\(Self.finished).gz")) == Array("1\n2\n3\n4\n".utf8))
        await sink.close()
        #expect(folder.names == ["\(Self.finished).gz", "\(Self.later).gz"])

        // After: compressed, and the file itself still there.
        try folder.write("1\n2\n3\n4\n", to: "s1.ndjson.open")
        try folder.write("\(Self.head)8 1 4 msg_2 .\n", to: "s1.batches.open")
        sink = try Self.sink(folder, ["gzip": "true", "rotateSeconds": "60"])
        #expect(await sink.deliver(Self.next).isDelivered)
        #expect(folder.text(of: "s1.ndjson.open") == "5\n6\n")
        await sink.close()
        #expect(folder.names == ["\(Self.finished).gz", "\(Self.later).gz"])
    }

    @Test(arguments: [nil, "", "nonsense\n", "begun 1562076426981094\n999 1 400 msg_9 .\n"])
    func `a file whose list is gone, or tells of more, is kept as it is`(
        _ list: String?
    ) async throws {
        let folder = try TestFolder()
        try folder.write("1\n2\n3\n4\n", to: "s1.ndjson.open")
        if let list { try folder.write(list, to: "s1.batches.open") }
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.next).isDelivered)
        await sink.close()
        let kept = "s1.20190702T141706981Z.unlisted.ndjson"
        #expect(folder.names == [Self.later, kept])
        #expect(folder.text(of: kept) == "1\n2\n3\n4\n")
    }

    @Test func `a list of any bytes is read without harm`() async throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let folder = try TestFolder()
            let digits = "begun 0123456789-.\n\u{0}é".map(String.init)
            let noise = (0..<40).compactMap { _ in digits.randomElement(using: &random) }.joined()
            try folder.write("1\n", to: "s1.ndjson.open")
            try folder.write("\(Self.head)\(noise)", to: "s1.batches.open")
            let sink = try Self.sink(folder)
            let outcome = await sink.deliver(Self.next)
            #expect(outcome.isDelivered, "\(noise.debugDescription): \(outcome)")
            await sink.close()
        }
    }
}
