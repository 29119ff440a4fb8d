import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

struct HostileInputTests {
    private static let malformed: [String] = [
        "{", "}", "[]", "null", "1", "\"x\"", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}",
        "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\u{1}\"}", "{\"a\":\"", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":1,\"a\":2}",
        "{\"a\":tru}", "\u{FEFF}{}", "{\"name\":{\"name\":1,\"name\":2}}",
        String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 10_000),
    ]

    @Test func `what is no JSON object is 400, on every route that reads one`() async throws {
        try await withAPI { client, _ in
            for path in ["/v1/workspaces", "/v1/domains", "/v1/links", "/v1/streams", "/v1/keys"] {
                for body in Self.malformed {
                    let answer = try await client.call(.post, path, body)
                    #expect(answer.status == 400, "\(path) \(body.prefix(40))")
                    #expect(answer.code == "InvalidFormat")
                }
            }
        }
    }

    @Test func `of many unknown members the first are named`() async throws {
        try await withAPI { client, _ in
            let members = (0..<80_000).map { "\"x\($0)\":1" }.joined(separator: ",")
            let answer = try await client.call(.post, "/v1/streams", "{\(members)}")
            #expect(answer.status == 403)
            #expect(answer.problems.count == 50)
        }
    }

    @Test func `bytes that are no UTF-8 are 400`() async throws {
        try await withAPI { client, _ in
            for bytes: [UInt8] in [
                Array("{\"name\":\"".utf8) + [0xFF] + Array("\"}".utf8),
                Array("{\"name\":\"".utf8) + [0xC0, 0x80] + Array("\"}".utf8),
                Array("{\"name\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8),
            ] {
                let response = try await client.execute(
                    uri: "/v1/workspaces",
                    method: .post,
                    headers: [.authorization: "Bearer \(World.adminKey)"],
                    body: ByteBuffer(bytes: bytes)
                )
                #expect(response.status == .badRequest)
            }
        }
    }

    @Test(arguments: [
        "7", "true", "[]", "{}", "[[]]", "1e999999", "-0", "\"a\\u0000b\"",
        "123456789012345678901234567890",
    ])
    func `a value of another type is 403 and names the property`(value: String) async throws {
        try await withAPI { client, _ in
            _ = try await client.call(.post, "/v1/domains", #"{"fullName":"a.test"}"#)
            for (path, property, rest) in [
                ("/v1/workspaces", "name", ""), ("/v1/domains", "fullName", ""),
                ("/v1/domains", "rootURL", #","fullName":"b.test""#),
                ("/v1/links", "destination", ""),
                ("/v1/links", "slashtag", #","destination":"https://example.com/""#),
                ("/v1/links", "title", #","destination":"https://example.com/""#),
                ("/v1/keys", "name", ""), ("/v1/streams", "endpoint", ""),
                ("/v1/streams", "key", ""), ("/v1/streams", "startFrom", ""),
            ] {
                let answer = try await client.call(.post, path, "{\"\(property)\":\(value)\(rest)}")
                #expect(answer.status == 403, "\(path) \(property) \(value): \(answer.text)")
                #expect(answer.problems.contains("\(property):InvalidFormat"))
            }
        }
    }

    @Test func `a body over the limit is 413`() async throws {
        try await withAPI { client, _ in
            let body = "{\"name\":\"" + String(repeating: "a", count: 2 << 20) + "\"}"
            let answer = try await client.call(.post, "/v1/workspaces", body)
            #expect(answer.status == 413)
            #expect(answer.code == "TooLarge")
        }
    }

    @Test func `paths and queries of any bytes never fail inside`() async throws {
        try await withAPI { client, _ in
            let odd = [
                "%00", "%", "%zz", "%ff%fe", "..", "%2e%2e%2f", "'", "%27%20OR%201=1", "?", "&&==",
                String(repeating: "a", count: 5000), "%F0%9F%98%80",
            ]
            for text in odd {
                for path in [
                    "/v1/links/\(text)", "/v1/links?last=\(text)", "/v1/links?slashtag=\(text)",
                    "/v1/links?\(text)", "/v1/streams/\(text)", "/v1/domains/\(text)",
                    "/v1/events?last=\(text)", "/v1/events?stream=\(text)",
                    "/v1/events?links=\(text)&tags=\(text),&countries=\(text)",
                    "/v1/events?from=\(text)&limit=\(text)",
                    "/v1/links?workspace=\(text)", "/v1/links?domain.fullName=\(text)",
                ] {
                    let answer = try await client.call(.get, path)
                    #expect(answer.status < 500, "\(path)")
                }
                for path in ["/v1/links/\(text)", "/v1/streams/\(text)/verify"] {
                    #expect(try await client.call(.post, path, "{}").status < 500, "\(path)")
                }
            }
        }
    }
}
