import ClickModel
import Foundation
import Synchronization
import TestKit
import Testing

@testable import Sinks

@Suite struct FileSinkTests {
    /// 2019-07-02T14:07:06.981Z.
    private static let start = Timestamp(microseconds: 1_562_076_426_981_094)

    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let time = Mutex(start)
        var now: Timestamp { time.withLock { $0 } }
        func advance(by duration: Duration) {
            time.withLock { $0 = $0.advanced(by: duration) }
        }
    }

    private static func sink(
        _ folder: TestFolder,
        _ settings: [String: String] = [:],
        clock: Clock = Clock()
    ) throws -> FileSink {
        FileSink(
            try FileSettings.read(settings).get(),
            of: EventStream.ID("s1"),
            in: folder.folder,
            now: { clock.now }
        )
    }

    private static func batch(_ number: Int, size: Int = 8) -> OutgoingBatch {
        let first = Int64(number * 10)
        let filler = String(repeating: "x", count: max(0, size - 8))
        return .fixture(
            "msg_\(number)",
            sequences: first...first + 9,
            body: "{\"n\":\(number)\(filler)}\n"
        )
    }

    private static func name(_ numbers: String, _ time: String = "20190702T140706981Z") -> String {
        "s1.\(time).\(numbers).ndjson"
    }

    @Test func `a file keeps every promise of a sink`() async throws {
        let folder = try TestFolder()
        try await SinkConformance(FileProvider(folder.folder), folder).run()
        #expect(folder.names.contains("acme-s1.clickstream-test.ndjson"))
        #expect(!folder.names.contains { $0.hasSuffix(".open") || $0.hasSuffix(".part") })
    }

    @Test func `batches are lines of an open file, which gets its name when it is finished`()
        async throws
    {
        let folder = try TestFolder()
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.batch(1)).isDelivered)
        #expect(await sink.deliver(Self.batch(2)).isDelivered)
        #expect(folder.names == ["s1.batches.open", "s1.ndjson.open"])
        #expect(folder.text(of: "s1.ndjson.open") == "{\"n\":1}\n{\"n\":2}\n")
        await sink.close()
        let name = Self.name("00000000000000000010-00000000000000000029")
        #expect(folder.names == [name])
        #expect(folder.text(of: name) == "{\"n\":1}\n{\"n\":2}\n")
    }

    @Test func `a file is finished before it grows too large`() async throws {
        let folder = try TestFolder()
        let clock = Clock()
        let sink = try Self.sink(folder, ["rotateBytes": "4096"], clock: clock)
        for number in 1...5 {
            #expect(await sink.deliver(Self.batch(number, size: 2000)).isDelivered)
            clock.advance(by: .seconds(1))
        }
        // A batch that is larger by itself goes alone.
        #expect(await sink.deliver(Self.batch(6, size: 9000)).isDelivered)
        await sink.close()
        #expect(
            folder.names == [
                Self.name("00000000000000000010-00000000000000000029"),
                Self.name(
                    "00000000000000000030-00000000000000000049",
                    "20190702T140708981Z"
                ),
                Self.name(
                    "00000000000000000050-00000000000000000059",
                    "20190702T140710981Z"
                ),
                Self.name(
                    "00000000000000000060-00000000000000000069",
                    "20190702T140711981Z"
                ),
            ]
        )
    }

    @Test func `a file is finished when it is old, also when no batch comes`() async throws {
        let folder = try TestFolder()
        let clock = Clock()
        let sink = try Self.sink(folder, ["rotateSeconds": "60"], clock: clock)
        #expect(await sink.deliver(Self.batch(1)).isDelivered)
        sink.finishIfDue()
        #expect(folder.names == ["s1.batches.open", "s1.ndjson.open"])
        clock.advance(by: .seconds(60))
        sink.finishIfDue()
        #expect(folder.names == [Self.name("00000000000000000010-00000000000000000019")])
        #expect(await sink.deliver(Self.batch(2)).isDelivered)
        clock.advance(by: .seconds(61))
        #expect(await sink.deliver(Self.batch(3)).isDelivered)
        #expect(folder.names.count == 4)
        await sink.close()
        #expect(folder.names.count == 3)
    }

    @Test func `a finished file is compressed if that is wanted`() async throws {
        let folder = try TestFolder()
        let sink = try Self.sink(folder, ["gzip": "true"])
        let batch = Self.batch(1, size: 3 << 20)
        #expect(await sink.deliver(batch).isDelivered)
        await sink.close()
        let name = Self.name("00000000000000000010-00000000000000000019") + ".gz"
        #expect(folder.names == [name])
        #expect(Gunzip.bytes(folder.bytes(of: name)) == batch.body)
    }

    @Test(arguments: [TestFolder.Fault.full, .torn, .unsynced])
    func `after a write that failed the file is as it was`(_ fault: TestFolder.Fault) async throws {
        let folder = try TestFolder()
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.batch(1)).isDelivered)
        folder.fail(fault)
        let words = try #require(await sink.deliver(Self.batch(2)).words)
        let reason = fault == .full ? "No space left on device" : "Input/output error"
        #expect(words == "could not write s1.ndjson.open: \(reason)")
        #expect(folder.text(of: "s1.ndjson.open") == "{\"n\":1}\n")
        #expect(await sink.deliver(Self.batch(2)).isDelivered)
        #expect(folder.text(of: "s1.ndjson.open") == "{\"n\":1}\n{\"n\":2}\n")
        await sink.close()
    }

    @Test func `a batch that is not in the list was not delivered`() async throws {
        let folder = try TestFolder()
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.batch(1)).isDelivered)
        let text = "could not write s1.batches.open: Input/output error"
        // The first one is taken by the file itself.
        folder.failAfter(1, .unsynced)
        #expect(await sink.deliver(Self.batch(2)).words == text)
        #expect(folder.text(of: "s1.ndjson.open") == "{\"n\":1}\n")
        #expect(await sink.deliver(Self.batch(2)).isDelivered)
        #expect(folder.text(of: "s1.ndjson.open") == "{\"n\":1}\n{\"n\":2}\n")
        await sink.close()
    }

    @Test func `two sinks don't write into one file`() async throws {
        let folder = try TestFolder()
        let first = try Self.sink(folder)
        let second = try Self.sink(folder)
        #expect(await first.deliver(Self.batch(1)).isDelivered)
        #expect(await second.deliver(Self.batch(2)).isFailed)
        await first.close()
        #expect(await second.deliver(Self.batch(2)).isDelivered)
        await second.close()
        #expect(folder.names.count == 2)
    }

    @Test(arguments: [
        ("name", "../etc"), ("name", ".hidden"), ("name", "a/b"), ("name", "a b"), ("name", "ä"),
        ("rotateBytes", "1"), ("rotateBytes", "64MiB"), ("rotateSeconds", "0"), ("gzip", "1"),
        ("directory", "/etc"),
    ])
    func `what can't be used is told by name`(_ property: String, _ value: String) async throws {
        let provider = FileProvider(directory: "/tmp")
        let problems = await provider.problems(with: [property: value])
        #expect(problems.map(\.property) == [property])
        #expect(problems.map(\.code) == ["InvalidFormat"])
    }

    @Test func `a stream's id leads to no other folder`() {
        let names = FileNames(nil, of: EventStream.ID("../../etc/passwd"))
        #expect(names.open == "______etc_passwd.ndjson.open")
    }

    @Test func `files are for a loader's eyes, too, whatever the service's umask`() async throws {
        let folder = try TestFolder()
        let before = umask(0o077)
        defer { umask(before) }
        let sink = try Self.sink(folder)
        #expect(await sink.deliver(Self.batch(1)).isDelivered)
        await sink.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(!names.isEmpty)
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(folder.url.path)/\(name)"
            )
            #expect(attributes[.posixPermissions] as? Int == 0o640, "\(name)")
        }
    }
}
