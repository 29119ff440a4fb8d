import ClickModel
import ClickstreamReceiver
import Foundation
import TestKit

@testable import ControlAPI
@testable import Edge
@testable import EmbeddedLog
@testable import Enrichment
@testable import Server

/// What libFuzzer calls with each input; `FUZZ` names the parser that gets it.
///
/// Built by `make soak-fuzz` only: with `--sanitize fuzzer` libFuzzer brings the program's beginning.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.run(ByteView(start: data, count: count))
    return 0
}

/// A parser of bytes that come from outside.
enum Target: String, CaseIterable {
    /// A request's head, the visitor's address in it, and the link that it asks for.
    case head
    /// A click's headers: user agent and hints, language, referrer; first byte of a line tells which.
    case click
    /// A line of `clickstream enrich`.
    case line
    /// URLs, hosts and queries.
    case url
    /// A body of the API.
    case body
    /// A block of the log.
    case block
    /// A database of places.
    case places
    /// What a receiver is sent: a line for each of eight headers, and the body.
    case batch

    static let chosen: Target = {
        let name = ProcessInfo.processInfo.environment["FUZZ"] ?? ""
        guard let target = Target(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("FUZZ is \(name); it has to be one of \(names)")
        }
        return target
    }()

    func run(_ bytes: ByteView) {
        switch self {
        case .head: runHead(bytes)
        case .click: runClick(bytes)
        case .line: runLine(bytes)
        case .url: runURL(bytes)
        case .body: _ = try? JSONReader.read(Array(bytes))
        case .block: _ = try? BlockCodec.decode(bytes, first: Offset(1))
        case .places: runPlaces(bytes)
        case .batch: runBatch(bytes)
        }
    }

    private func runHead(_ bytes: ByteView) {
        var scanned = 0
        guard case .complete(let end) = RequestParser.extent(of: bytes, scanned: &scanned),
            let head = try? RequestParser.parse(bytes.view(0, end))
        else { return }
        let peer = IPAddress("10.0.0.1")
        let visitor = VisitorAddress(trusted: ["10.0.0.0/8"].compactMap { AddressRange($0) })
        _ = visitor.of(head, peer: peer)
        _ = visitor.isOverTLS(head, peer: peer)
        var key = LookupKey()
        _ = key.read(host: head.targetHost ?? head.host ?? .none, path: head.path)
    }

    private func runClick(_ bytes: ByteView) {
        Shared.values.encode(bytes)
    }

    private func runLine(_ bytes: ByteView) {
        Shared.values.read(bytes)
    }

    private func runURL(_ bytes: ByteView) {
        let text = bytes.text
        if let url = WebURL(text), let again = WebURL(url.serialised) {
            precondition(again.serialised == url.serialised, "a URL changes when it is read again")
        }
        _ = WebHost.ascii(text)
        _ = AddressRange(text)
        _ = Timestamp(text)
        _ = QueryPairs.parse(bytes)
        Shared.values.write(bytes)
    }

    private func runBatch(_ bytes: ByteView) {
        let names = [
            "id", "timestamp", "signature", "attempt", "first-sequence", "last-sequence", "lane",
            "replay",
        ]
        let lines = Array(bytes).split(
            separator: 0x0A,
            maxSplits: names.count,
            omittingEmptySubsequences: false
        )
        guard let body = lines.last, lines.count > names.count else { return }
        let headers = DeliveryHeaders(
            zip(names, lines).filter { !$1.isEmpty }.map { name, value in
                (name: "webhook-\(name)", value: String(decoding: value, as: UTF8.self))
            }
        )
        let now = Date(timeIntervalSince1970: 1)
        try? Shared.verifier?.verify(headers, body: body, now: now)
        guard let batch = try? Batch(headers: headers, body: Data(body)) else { return }
        for event in batch.events {
            let alone = try? Batch(headers: headers, body: Data("[".utf8) + event + Data("]".utf8))
            precondition(alone?.events == [event], "an event is no value by itself")
        }
        _ = try? batch.clickEvents()
        // Kept from input to input: what a batch is depends on those before.
        Shared.ledger.record(batch)
    }

    private func runPlaces(_ bytes: ByteView) {
        let path = Shared.values.path
        _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
        guard let database = try? GeoDatabase(path: path) else { return }
        for number in 0..<64 as Range<UInt32> {
            _ = database.place(of: IPAddress(v4: number &* 67_108_879))
            _ = database.place(of: IPAddress(high: UInt64(number) << 58, low: 1))
        }
    }
}

/// What is made once; libFuzzer calls from one thread.
private final class Shared {
    nonisolated(unsafe) static let values = Shared()
    nonisolated(unsafe) static var ledger = BatchLedger(remembering: 100)
    static let verifier = try? SignatureVerifier(secrets: ["whsec_AAAA"])

    let path = "/dev/shm/clickstream-fuzz-\(ProcessInfo.processInfo.processIdentifier).mmdb"
    private let encoder: StandardEncoder
    private let events = EventGroup()
    private let writer = ByteWriter()
    private var reader = RawRequestReader(links: nil)
    private var encoded = 0

    private init() {
        do {
            let folder = try TablesLocation.find(configured: nil)
            encoder = try StandardEncoder(tables: try Tables(in: folder))
        } catch {
            fatalError("\(error)")
        }
    }

    func write(_ query: ByteView) {
        writer.removeAll()
        QueryPairs.write(query, to: writer)
        ForwardedQuery.append(query, to: query, into: writer)
    }

    /// Each line of the input is a header's value, the query or the location; its first byte tells which.
    func encode(_ bytes: ByteView) {
        var values = [ByteView](repeating: .none, count: ClickHeader.allCases.count)
        var (query, location): (ByteView?, ByteView?)
        for line in bytes.split(separator: 0x0A) {
            guard let first = line.first else { continue }
            let value = bytes.view(line.startIndex + 1, line.endIndex)
            let index = Int(first) % (values.count + 2)
            switch index - values.count {
            case 0: query = value
            case 1: location = value
            default: values[index] = value
            }
        }
        var clicks = ClickGroup()
        values.withUnsafeBufferPointer {
            clicks.append(
                receivedAt: Timestamp(microseconds: 1_700_000_000_000_000),
                route: .sample,
                address: IPAddress("198.51.100.7"),
                query: query,
                location: location,
                headers: $0
            )
        }
        encode(clicks)
    }

    func read(_ line: ByteView) {
        var clicks = ClickGroup()
        let time = Timestamp(microseconds: 1_700_000_000_000_000)
        guard (try? reader.read(line, at: time, into: &clicks)) != nil else { return }
        encode(clicks)
    }

    private func encode(_ clicks: ClickGroup) {
        clicks.forEach { encoder.encode($0, $1, into: events) }
        encoded += 1
        if encoded % Self.encodedPerLook == 0 { look() }
        events.removeAll()
    }

    /// Reading events as others do takes longer than making them.
    private static let encodedPerLook = 64

    /// Whether every event and its details are JSON, and so UTF-8.
    private func look() {
        var position = 0
        for facts in events.facts {
            for length in [facts.eventLength, facts.length - facts.eventLength] {
                let json = Data(events.payload.bytes.view(position, position + length))
                precondition(
                    String(validating: json, as: UTF8.self) != nil
                        && (try? JSONSerialization.jsonObject(with: json)) is [String: Any],
                    "an event is no JSON"
                )
                position += length
            }
        }
    }
}
