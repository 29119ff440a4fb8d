import ClickModel
import Foundation

/// The public suffix list (https://publicsuffix.org): where registrable domains begin.
struct PublicSuffixes: Sendable {
    private struct Rules: OptionSet {
        let rawValue: UInt8
        static let plain = Rules(rawValue: 1)
        static let wildcard = Rules(rawValue: 2)
        static let exception = Rules(rawValue: 4)
        /// Of somebody who lets others have names below his own, not of a registry.
        static let ofOwner = Rules(rawValue: 8)
    }

    /// No host name is longer.
    private static let longestHost = 254

    private let rules: [String: Rules]

    /// Reads the list's own format: a rule a line, `//` comments.
    init(_ list: Data) {
        var rules: [String: Rules] = [:]
        rules.reserveCapacity(12_000)
        var isOfOwners = false
        for line in list.split(separator: 0x0A) {
            let word = line.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
            let text = String(decoding: word, as: UTF8.self)
            if line.starts(with: "// ===".utf8) {
                isOfOwners = String(decoding: line, as: UTF8.self).contains("BEGIN PRIVATE")
            }
            guard !text.isEmpty, !text.hasPrefix("//") else { continue }
            let (name, rule): (Substring, Rules) =
                if text.hasPrefix("!") {
                    (text.dropFirst(), .exception)
                } else if text.hasPrefix("*.") {
                    (text.dropFirst(2), .wildcard)
                } else {
                    (text[...], .plain)
                }
            guard let ascii = WebHost.ascii(String(name)) else { continue }
            rules[ascii, default: []].insert(isOfOwners ? [rule, .ofOwner] : rule)
        }
        self.rules = rules
    }

    /// The domain that somebody registered: one label more than the longest public suffix.
    ///
    /// Nil for a public suffix itself, a name without dots, and an address.
    func registrableDomain(of host: String) -> String? {
        guard host.utf8.count <= Self.longestHost else { return nil }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, !labels.contains(where: \.isEmpty), IPAddress(host) == nil,
            !host.hasPrefix("[")
        else { return nil }
        let suffixLength = suffixLength(labels)
        guard suffixLength < labels.count else { return nil }
        return labels.suffix(suffixLength + 1).joined(separator: ".")
    }

    /// Whether a public suffix is somebody's who lets others have names below it: `github.io`.
    func isPrivate(_ suffix: Substring) -> Bool {
        if let found = rules[String(suffix)], !found.isDisjoint(with: [.plain, .exception]) {
            return found.contains(.ofOwner)
        }
        let parent = suffix.drop { $0 != "." }.dropFirst()
        return rules[String(parent)]?.isSuperset(of: [.wildcard, .ofOwner]) ?? false
    }

    /// How many labels the public suffix has.
    private func suffixLength(_ labels: [Substring]) -> Int {
        // From the longest suffix to the shortest: the first rule that holds prevails.
        var own = labels.joined(separator: ".")
        for start in labels.indices {
            let parent = own.utf8.firstIndex(of: 0x2E).map { String(own[own.index(after: $0)...]) }
            let found = rules[own] ?? []
            if found.contains(.exception) { return labels.count - start - 1 }
            if found.contains(.plain) { return labels.count - start }
            guard let parent else { break }
            if rules[parent]?.contains(.wildcard) ?? false { return labels.count - start }
            own = parent
        }
        return 1
    }
}
