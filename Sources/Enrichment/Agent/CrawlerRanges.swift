import ClickModel
import Foundation

/// The addresses that crawlers publish as theirs, from files that the operator keeps.
///
/// A file a crawler, named as the crawler names itself: `googlebot.json`. Its addresses are those of any JSON (Google,
/// Bing, OpenAI and others publish `{"prefixes":[{"ipv4Prefix":...}]}`), or a line each; `#` begins a comment.
struct CrawlerRanges: Sendable {
    private struct Range {
        let first: IPAddress
        let last: IPAddress
        let crawler: Int
    }

    /// In lower case; a crawler's number is its place, counted from 1.
    private let names: [[UInt8]]
    /// By their first addresses, without overlaps.
    private let ranges: [Range]

    init(in folder: String) throws(UnusableTable) {
        let files: [String]
        do {
            files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                .filter { $0.hasSuffix(".json") || $0.hasSuffix(".txt") }
        } catch {
            throw UnusableTable(description: "\(folder): \(error.localizedDescription)")
        }
        guard !files.isEmpty else {
            throw UnusableTable(description: "\(folder) has no file that ends in .json or .txt")
        }
        var all: [Range] = []
        for (index, file) in files.enumerated() {
            let path = "\(folder)/\(file)"
            for range in try Self.read(path) {
                all.append(Range(first: range.first, last: range.last, crawler: index + 1))
            }
        }
        names = files.map { Array($0.prefix { $0 != "." }.lowercased().utf8) }
        // Of those that begin alike the widest first: nothing is lost with the others.
        all.sort { $0.first == $1.first ? $1.last < $0.last : $0.first < $1.first }
        var apart: [Range] = []
        for range in all where apart.last.map({ $0.last < range.first }) ?? true {
            // What lies inside of a range before it is that one's.
            apart.append(range)
        }
        ranges = apart
    }

    private static func read(_ path: String) throws(UnusableTable) -> [AddressRange] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UnusableTable(description: "\(path) can't be read")
        }
        let ranges: [AddressRange]
        if path.hasSuffix(".json") {
            guard let json = try? JSONSerialization.jsonObject(with: data) else {
                throw UnusableTable(description: "\(path) is no JSON")
            }
            ranges = addresses(in: json)
        } else {
            ranges = try lines(String(decoding: data, as: UTF8.self), path)
        }
        guard !ranges.isEmpty else {
            throw UnusableTable(description: "\(path) names no address range")
        }
        return ranges
    }

    /// Every text of a JSON value that is a range.
    private static func addresses(in json: Any) -> [AddressRange] {
        switch json {
        case let text as String: text.contains("/") ? AddressRange(text).map { [$0] } ?? [] : []
        case let list as [Any]: list.flatMap(addresses(in:))
        case let object as [String: Any]: object.values.flatMap(addresses(in:))
        default: []
        }
    }

    private static func lines(_ text: String, _ path: String) throws(UnusableTable)
        -> [AddressRange]
    {
        var ranges: [AddressRange] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let entry = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            if entry.isEmpty { continue }
            guard let range = AddressRange(entry) else {
                throw UnusableTable(
                    description: "\(path), line \(index + 1): \(entry) is no address or CIDR range"
                )
            }
            ranges.append(range)
        }
        return ranges
    }

    /// The number of the crawler that an address is of; 0 for none.
    func crawler(at address: IPAddress) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].first <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address <= ranges[low - 1].last else { return 0 }
        return ranges[low - 1].crawler
    }

    /// Whether a user agent in lower case takes a crawler's name: at the beginning of a word, and anybody's only as a
    /// product with its version; a machine's, too, where the word ends or goes on with `bot`.
    private static func claims(_ userAgent: [UInt8], _ name: [UInt8], isBot: Bool) -> Bool {
        var rest = userAgent[...]
        while let found = rest.firstRange(of: name) {
            let after = userAgent[found.upperBound...]
            let isInside = found.lowerBound > 0 && isLetterOrDigit(userAgent[found.lowerBound - 1])
            let isVersion = after.first == 0x2F && 0x30...0x39 ~= after.dropFirst().first ?? 0
            let isWord = after.starts(with: "bot".utf8) || !isLetterOrDigit(after.first ?? 0x20)
            if !isInside, isVersion || isBot && isWord { return true }
            rest = after
        }
        return false
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        0x61...0x7A ~= byte || 0x30...0x39 ~= byte
    }

    /// What an agent is, given whose address it has.
    ///
    /// From a crawler's address it is a machine, whatever it says; who takes a crawler's name elsewhere is none.
    func judged(_ facts: AgentFacts, _ userAgent: ByteView, crawler: Int) -> AgentFacts {
        let lowered = userAgent.view(0, AgentText.maximumBytes).map(\.asciiLowercased)
        let claims = { Self.claims(lowered, $0, isBot: facts.bot != nil) }
        let reason: String
        if crawler > 0 {
            reason = claims(names[crawler - 1]) ? "verified" : "address"
        } else if names.contains(where: claims) {
            reason = "unverified"
        } else {
            return facts
        }
        var judged = facts
        judged.bot = AgentFacts.Bot(category: facts.bot?.category, reason: reason)
        return judged
    }
}
