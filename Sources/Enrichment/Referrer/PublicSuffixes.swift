import ClickModel
import Foundation

/// The public suffix list (https://publicsuffix.org): where registrable domains begin.
struct PublicSuffixes: Sendable {
    private enum Rule: UInt8 {
        case plain, wildcard, exception
    }

    private let rules: [String: Set<Rule>]

    /// Reads the list's own format: a rule a line, `//` comments.
    init(_ list: Data) {
        var rules: [String: Set<Rule>] = [:]
        rules.reserveCapacity(12_000)
        for line in list.split(separator: 0x0A) {
            let text = String(decoding: line.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }, as: UTF8.self)
            guard !text.isEmpty, !text.hasPrefix("//") else { continue }
            let (name, rule): (Substring, Rule) =
                text.hasPrefix("!") ? (text.dropFirst(), .exception)
                : text.hasPrefix("*.") ? (text.dropFirst(2), .wildcard) : (text[...], .plain)
            guard let ascii = WebHost.ascii(String(name)) else { continue }
            rules[ascii, default: []].insert(rule)
        }
        self.rules = rules
    }

    /// The domain that somebody registered: one label more than the longest public suffix. Nil for a
    /// public suffix itself, a name without dots, and an address.
    func registrableDomain(of host: String) -> String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, !labels.contains(where: \.isEmpty), IPAddress(host) == nil,
            !host.hasPrefix("[")
        else { return nil }
        // From the longest suffix to the shortest: the first rule that holds prevails.
        var suffixLength = 1
        for start in labels.indices {
            let name = labels[start...].joined(separator: ".")
            let found = rules[name] ?? []
            if found.contains(.exception) {
                suffixLength = labels.count - start - 1
                break
            }
            if found.contains(.plain) {
                suffixLength = labels.count - start
                break
            }
            let parent = labels[(start + 1)...].joined(separator: ".")
            if rules[parent]?.contains(.wildcard) ?? false {
                suffixLength = labels.count - start
                break
            }
        }
        guard suffixLength < labels.count else { return nil }
        return labels.suffix(suffixLength + 1).joined(separator: ".")
    }
}
