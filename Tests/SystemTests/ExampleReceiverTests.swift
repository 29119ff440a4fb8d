import Foundation
import Testing

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct ExampleReceiverTests {
    @Test(.enabled(if: Example.python.command != nil, "python3 is not on the PATH"))
    func `the example in Python takes every event once, over a crash, and no forged batch`()
        async throws
    {
        try await check(.python)
    }

    @Test(.enabled(if: Example.node.command != nil, "node is not on the PATH"))
    func `the example in Node takes every event once, over a crash, and no forged batch`()
        async throws
    {
        try await check(.node)
    }

    @Test(.enabled(if: Example.swift.command != nil, "example-receiver is not beside the tests"))
    func `the example in Swift takes every event once, over a crash, and no forged batch`()
        async throws
    {
        try await check(.swift)
    }

    private func check(_ which: Example) async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        try await service.start()
        _ = try await service.setUp(nil)
        let (id, example) = try await setUp(which, service, folder)

        var wanted: [String] = []
        for start in ["first", "second"] {
            for n in 0..<20 {
                let name = "\(start)-\(n)"
                #expect(try await service.click("/a?n=\(name)").status == 302)
                wanted.append(name)
            }
            try await eventually("the clicks of the \(start) start") {
                try example.marks() == wanted ? () : nil
            }
            if start == "first" {
                example.kill()
                try example.breakOff()
                try await example.start()
            }
        }
        try await eventually("everything is delivered") {
            let stream = try await service.api("GET", "/v1/streams/\(id)")
            let accounting = stream["accounting"] as? [String: Any]
            return accounting?["delivered"] as? Int == wanted.count ? () : nil
        }
        #expect(try example.marks() == wanted)
        try await forge(example)
        #expect(service.stop() == 0)
    }

    /// A stream whose endpoint is the example, which is started with its secret.
    private func setUp(
        _ which: Example,
        _ service: ServiceProcess,
        _ folder: Folder
    ) async throws -> (stream: String, ExampleProcess) {
        // The secret is made with the stream, so the first test delivery finds nobody there.
        let port = freePort()
        let stream = try await service.api(
            "POST",
            "/v1/streams",
            [
                "endpoint": "http://127.0.0.1:\(port)/", "method": "POST",
                "authentication": ["header": "X-Key", "value": "v"], "batch": ["seconds": 0.1],
            ]
        )
        let id = try #require(stream["id"] as? String)
        let secret = try #require(stream["secret"] as? String)
        let example = try ExampleProcess(which, port: port, secret: secret, in: folder)
        try await eventually("the first test delivery has failed") {
            try await service.api("GET", "/v1/streams/\(id)")["statusReason"] is String ? () : nil
        }
        try await example.start()
        try await service.api("POST", "/v1/streams/\(id)/verify")
        try await eventually("the stream is active") {
            try await service.api("GET", "/v1/streams/\(id)")["status"] as? String == "active"
                ? () : nil
        }
        // The test delivery's event is a sample, and no click.
        #expect(try example.ids().isEmpty)
        return (id, example)
    }

    /// What wasn't signed as it has to be is refused, and a batch by hand is kept once.
    private func forge(_ example: ExampleProcess) async throws {
        let before = try example.ids()
        let other = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        #expect(try await example.post(id: "bat_a", secret: other) == 401)
        #expect(try await example.post(id: "bat_a", signedBody: "{}") == 401)
        #expect(try await example.post(id: "bat_a", secondsAgo: 3600) == 401)
        #expect(try await example.post(id: "bat_a", secondsAgo: -3600) == 401)
        #expect(try await example.post(id: "bat_a", body: "{}") == 400)
        #expect(try example.ids() == before)
        for _ in 0..<2 { #expect(try await example.post(id: "bat_a") == 200) }
        #expect(try example.ids() == before + ["bat_a"])
    }
}
