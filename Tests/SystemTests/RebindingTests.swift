import Foundation
import Testing

/// Names that change their addresses between a look and a call; `Tests/Rebinding/rebind.py` is the world they are in.
@Suite(
    .enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"),
    .enabled(if: geteuid() == 0, "a network namespace needs root"),
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/ip"), "needs iproute2"),
    .serialized
)
struct RebindingTests {
    private func run(allowing networks: String) throws -> [String: Int] {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Rebinding/rebind.py").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--net", "--mount", "/usr/bin/python3", script, binary ?? "", networks,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Int])
    }

    @Test
    func
        `a name that leads outside when it is looked at and inside when it is called is never called`()
        throws
    {
        let found = try run(allowing: "")
        #expect(found["connections"] == 0)
        #expect(found["inward"] ?? 0 > 400)
        // Those that always lead inside, too, are refused at once; the others at their attempts.
        #expect(found["refused_at_saving"] == 120)
        #expect(found["saved"] == 60)
        #expect(found["refused_at_the_attempt"] == 60)
        #expect(found["active"] == 0)
    }

    @Test func `where the operator allows it, they are called: the count works`() throws {
        let found = try run(allowing: "127.0.0.0/8,10.0.0.0/8,169.254.0.0/16")
        #expect(found["connections"] ?? 0 > 100)
        #expect(found["refused_at_saving"] == 0)
    }
}
