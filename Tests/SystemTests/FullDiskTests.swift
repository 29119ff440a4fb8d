import Foundation
import Testing

/// A small file system of its own; needs root.
private final class SmallDisk {
    let path: String

    init?(megabytes: Int, in folder: Folder) {
        path = "\(folder.path)/disk"
        guard
            (try? FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true
            )) != nil,
            mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0
        else { return nil }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    /// Fills what is left, but for some kilobytes.
    func fill(leaving kilobytes: Int) throws {
        var stats = statvfs()
        statvfs(path, &stats)
        let free = Int(stats.f_bavail) * Int(stats.f_frsize) - kilobytes << 10
        _ = FileManager.default.createFile(
            atPath: "\(path)/ballast",
            contents: Data(count: max(0, free))
        )
    }

    func makeRoom() throws { try FileManager.default.removeItem(atPath: "\(path)/ballast") }
}

@Suite(
    .enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"),
    .enabled(if: geteuid() == 0, "mounting a small file system needs root"),
    .serialized
)
struct FullDiskTests {
    @Test
    func `a full disk costs clicks, which are counted, and no redirect; space brings them back`()
        async throws
    {
        let folder = try Folder()
        let disk = try #require(SmallDisk(megabytes: 48, in: folder))
        let service = ServiceProcess(data: disk.path)
        try await service.start()
        _ = try await service.setUp(nil)
        #expect(try await service.click("/a?n=first").status == 302)
        try disk.fill(leaving: 64)
        var clicks = 0
        while try await shed(service) == 0, clicks < 20_000 {
            #expect(try await service.click("/a?n=\(clicks)").status == 302)
            clicks += 1
        }
        let before = try await shed(service)
        #expect(before > 0, "the disk never filled")
        // A checkpoint of the write-ahead log may make room once more.
        var more = 0
        while try await shed(service) < before + 50, more < 20_000 {
            #expect(try await service.click("/a?n=full-\(more)").status == 302)
            more += 1
        }
        #expect(try await shed(service) >= before + 50)
        _ = try await eventually("the service says that it isn't ready, and why") {
            #expect(try await service.click("/a?n=still-full").status == 302)
            let ready = try await service.request(service.controlPort, "GET", "/health/ready")
            let isTold = String(decoding: ready.body, as: UTF8.self).contains("log")
            return ready.status == 503 && isTold ? true : nil
        }

        // Clicks from elsewhere are not accepted, and say so.
        _ = try await eventually("clicks from elsewhere are refused") { () -> Bool? in
            let lines = (0..<100).map { _ in #"{"headers":{"user-agent":"\#(UUID())"}}"# }
            let before = try await metric(service, "clickstream_clicks_recorded_total")
            let answer = try await service.clicks(lines.joined(separator: "\n").utf8)
            guard answer.status == 503 else { return nil }
            #expect(answer.json["accepted"] as? Int == 0)
            #expect(try await metric(service, "clickstream_clicks_recorded_total") == before)
            return true
        }

        try disk.makeRoom()
        _ = try await eventually("the service is ready again by itself") {
            try await service.request(service.controlPort, "GET", "/health/ready").status == 200
                ? true : nil
        }
        let after = try await shed(service)
        let recorded = try await metric(service, "clickstream_clicks_recorded_total")
        for n in 0..<50 { #expect(try await service.click("/a?n=again-\(n)").status == 302) }
        #expect(try await shed(service) == after)
        #expect(try await metric(service, "clickstream_clicks_recorded_total") == recorded + 50)
        #expect(service.stop() == 0)
    }

    private func shed(_ service: ServiceProcess) async throws -> Int {
        try await metric(service, #"clickstream_clicks_shed_total{reason="log-unavailable"}"#)
    }

    private func metric(_ service: ServiceProcess, _ name: String) async throws -> Int {
        let text = try await service.request(service.controlPort, "GET", "/metrics").body
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(name + " ") {
            return Int(Double(line.dropFirst(name.count + 1)) ?? 0)
        }
        return 0
    }
}
