import ClickModel
import TestKit
import Testing

@testable import Edge

/// What the parser made of some bytes, in a form that can be compared.
struct Reading: Equatable, CustomStringConvertible {
    var status = 200
    var method = ""
    var isHTTP11 = true
    var host: String?
    var path = ""
    var query: String?
    var hasBody = false
    var closes = false
    var keeps = false
    var headers: [String: String] = [:]

    var description: String {
        "\(status) \(method) \(host ?? "-") \(path) \(query ?? "-") body:\(hasBody) \(headers)"
    }

    /// Reads one head; nil while it is incomplete.
    init?(_ bytes: ByteView, scanned: inout Int) {
        switch RequestParser.extent(of: bytes, scanned: &scanned) {
        case .incomplete: return nil
        case .malformed: status = 400
        case .complete(let length):
            do {
                let head = try RequestParser.parse(bytes.view(0, length))
                method = "\(head.method)"
                isHTTP11 = head.isHTTP11
                host = (head.targetHost ?? head.host)?.text
                path = head.path.text
                query = head.query?.text
                hasBody = head.hasBody
                (closes, keeps) = (head.asksToClose, head.asksToKeepAlive)
                for header in ClickHeader.allCases {
                    let value = head.headers[Int(header.rawValue)]
                    guard value.baseAddress != nil else { continue }
                    headers["\(header.name)"] = value.text
                }
            } catch {
                status = error.rawValue
            }
        }
    }

    /// Reads bytes that came at once.
    init?(_ bytes: [UInt8]) {
        var scanned = 0
        let reading = bytes.withUnsafeBufferPointer { Reading($0, scanned: &scanned) }
        guard let reading else { return nil }
        self = reading
    }

    init?(_ text: String) { self.init(Array(text.utf8)) }

    /// Whether the one pass over whole heads takes what the careful way takes, and nothing else.
    static func agrees(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var (scanned, careful): (Int, Int?) = (0, nil)
            if case .complete(let length) = RequestParser.extent(of: bytes, scanned: &scanned),
                (try? RequestParser.parse(bytes.view(0, length))) != nil
            {
                careful = length
            }
            var head = RequestHead()
            return (try? RequestParser.read(bytes, &head)) == careful
        }
    }

    /// Reads bytes that came one by one.
    static func oneByOne(_ bytes: [UInt8]) -> Reading? {
        var scanned = 0
        for end in 0...bytes.count {
            let reading = bytes.withUnsafeBufferPointer {
                Reading($0.view(0, end), scanned: &scanned)
            }
            if let reading { return reading }
        }
        return nil
    }
}

@Suite struct RequestHeadTests {
    static let good: [(head: String, method: String, host: String?, path: String, query: String?)] =
        [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "get", "a", "/", nil),
            ("GET /x HTTP/1.1\r\nhost:a.test\r\n\r\n", "get", "a.test", "/x", nil),
            ("GET /x HTTP/1.1\r\nHOST:\t a.test \t\r\n\r\n", "get", "a.test", "/x", nil),
            ("HEAD /x?y=1 HTTP/1.1\r\nHost: a:8080\r\n\r\n", "head", "a:8080", "/x", "y=1"),
            ("GET /x? HTTP/1.1\r\nHost: a.\r\n\r\n", "get", "a.", "/x", ""),
            ("GET /x?a=?&b HTTP/1.1\r\nHost: a\r\n\r\n", "get", "a", "/x", "a=?&b"),
            ("GET /x HTTP/1.0\r\n\r\n", "get", nil, "/x", nil),
            ("GET http://b.test/x?q HTTP/1.1\r\nHost: a\r\n\r\n", "get", "b.test", "/x", "q"),
            ("GET HTTPS://b.test:443?q HTTP/1.1\r\nHost: a\r\n\r\n", "get", "b.test:443", "", "q"),
            ("GET /caf\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", "get", "a", "/caf\u{e9}", nil),
            (
                "GET /x HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "get", "[2001:db8::1]:80",
                "/x", nil
            ),
            ("GET /x HTTP/1.1\r\nHost: a\r\nX-Any: caf\u{e9}\t!\r\n\r\n", "get", "a", "/x", nil),
            ("GET /x HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n", "get", "a", "/x", nil),
            ("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "get", "a", "/x", nil),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "other", "a", "", nil),
            ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "other", "a", "", nil),
            ("get / HTTP/1.1\r\nHost: a\r\n\r\n", "other", "a", "/", nil),
        ]

    @Test(arguments: good.indices)
    func `a well-formed head is read`(index: Int) throws {
        let expected = Self.good[index]
        let reading = try #require(Reading(expected.head))
        #expect(reading.status == 200)
        #expect(reading.method == expected.method)
        #expect(reading.host == expected.host)
        #expect(reading.path == expected.path)
        #expect(reading.query == expected.query)
        #expect(!reading.hasBody)
    }

    static let malformed: [String] = [
        // Line ends.
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n",
        // The request line.
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n", "GET\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/ HTTP/1.0\r\n\r\n", "GET http://a\"/ HTTP/1.0\r\n\r\n",
        "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?q#x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0", "\0",
        // Fields.
        "GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{b}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: b\r\n\r\n",
        // Host.
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\n\r\n",
        // Lengths.
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
        "GET / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]

    @Test(arguments: malformed)
    func `a head that two readers could understand in two ways is refused`(head: String) {
        #expect(Reading(head)?.status == 400)
        #expect(Reading.oneByOne(Array(head.utf8))?.status == 400)
        #expect(Reading.agrees(Array(head.utf8)))
    }

    @Test(arguments: [
        "Content-Length: 1", "Content-Length: 99999999999999999999999", "Content-Length: 007",
        "Transfer-Encoding: chunked", "transfer-encoding: identity", "Transfer-Encoding:",
    ])
    func `a body is noticed in both versions, with and without a host`(field: String) throws {
        for start in ["GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.0\r\nHost: a", "GET / HTTP/1.0"] {
            let reading = try #require(Reading("\(start)\r\n\(field)\r\n\r\n"))
            #expect(reading.hasBody, "\(start)")
        }
    }

    @Test(arguments: ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"])
    func `another version is told apart from nonsense`(version: String) {
        #expect(Reading("GET / \(version)\r\nHost: a\r\n\r\n")?.status == 505)
    }

    @Test func `a control character is found wherever it stands in a value`() {
        for length in 1..<40 {
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0x0D {
                    var value = [UInt8](repeating: 0x61, count: length)
                    // A tab, and a byte beyond ASCII, are no reason to refuse.
                    if length > 2 { (value[0], value[length - 1]) = (0x09, 0xFF) }
                    value[position] = byte
                    let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + value
                    let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
                    let status = Reading(head + Array("\r\n\r\n".utf8))?.status
                    guard status != (isControl ? 400 : 200) else { continue }
                    Issue.record("\(byte) at \(position) of \(length): \(status ?? 0)")
                }
            }
        }
    }

    @Test func `a name ends at the first byte that no name has, wherever that stands`() {
        for length in 1..<20 {
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0x3A {
                    var name = [UInt8](repeating: position % 2 == 0 ? 0x7A : 0x2D, count: length)
                    name[position] = byte
                    let head = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + name
                    let isToken = RequestParser.isTokenCharacter(byte)
                    let status = Reading(head + Array(": x\r\n\r\n".utf8))?.status
                    guard status != (isToken ? 200 : 400) else { continue }
                    Issue.record("\(byte) at \(position) of \(length): \(status ?? 0)")
                }
            }
        }
    }

    @Test func `connection options are read from every line of them`() throws {
        let text =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x , Close\r\nConnection: Keep-Alive\r\n\r\n"
        let reading = try #require(Reading(text))
        #expect(reading.closes)
        #expect(reading.keeps)
    }

    @Test(arguments: ClickHeader.allCases)
    func `every header that tells of a click is found in any case, its first line wins`(
        header: ClickHeader
    ) throws {
        for name in ["\(header.name)", "\(header.name)".uppercased()] {
            let text = "GET / HTTP/1.1\r\nHost: a\r\n\(name):  first \r\n\(name): second\r\n\r\n"
            let reading = try #require(Reading(text))
            #expect(reading.headers == ["\(header.name)": "first"])
        }
    }

    @Test func `a head read byte by byte is the head read at once`() throws {
        for index in Self.good.indices {
            let bytes = Array(Self.good[index].head.utf8)
            #expect(Reading.oneByOne(bytes) == Reading(bytes))
            #expect(Reading(Array(bytes.dropLast())) == nil)
            for end in 0...bytes.count { #expect(Reading.agrees(Array(bytes[..<end]))) }
        }
    }

    @Test func `a slowly growing head is searched once`() {
        let bytes = Array(
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9000))".utf8
        )
        var scanned = 0
        for end in 1...bytes.count {
            let before = scanned
            bytes.withUnsafeBufferPointer { _ = Reading($0.view(0, end), scanned: &scanned) }
            #expect(scanned >= before && scanned == end)
        }
    }

    @Test func `no mutation of a head traps, and none depends on how it arrives`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        let heads = Self.good.map { Array($0.head.utf8) } + Self.malformed.map { Array($0.utf8) }
        let special: [UInt8] = [
            0, 9, 10, 13, 32, 35, 37, 44, 47, 58, 63, 64, 91, 93, 127, 128, 255,
        ]
        for _ in 0..<20_000 {
            var bytes = heads[Int.random(in: heads.indices, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(special.randomElement(using: &random) ?? 0, at: place)
                case 2: bytes[place] = special.randomElement(using: &random) ?? 0
                case 3: bytes[place] = .random(in: .min ... .max, using: &random)
                default: bytes += bytes[place...]
                }
            }
            #expect(Reading.oneByOne(bytes) == Reading(bytes), "seed \(seed)")
            #expect(Reading.agrees(bytes), "seed \(seed)")
            #expect(Reading.agrees(bytes + heads[0]), "seed \(seed)")
        }
    }
}
