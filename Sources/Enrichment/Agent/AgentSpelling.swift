import ClickModel

/// Undoes what some programs do to a user agent before they send it: blanks left out, escapes of a URL,
/// everything in lower case.
///
/// Lists of patterns know the usual spelling only.
enum AgentSpelling {
    /// The user agent in its usual spelling; nil when that is how it was sent.
    static func restored(_ text: ByteView) -> [UInt8]? {
        // A quick look first: nearly all are as they should be.
        let start = text.view(0, 12)
        guard start.view(0, 7).equalsIgnoringCase("mozilla") else { return nil }
        if start.view(7, 10).equalsIgnoringCase("%2f") { return unescaped(text) }
        if start.equals("Mozilla/5.0("), !text.contains(0x20) {
            return spacing.applied(to: text)
        }
        if start[0] == 0x6D, !text.contains(where: { 0x41...0x5A ~= $0 }) {
            return casing.applied(to: text)
        }
        return nil
    }

    private static func unescaped(_ text: ByteView) -> [UInt8] {
        PercentEncoding.decode(text.map { $0 == 0x2B ? 0x20 : $0 })
    }

    /// What stands in a user agent with blanks around it, without them and with them.
    private static let spacing = Replacements(
        [
            (";", "; "), ("(", " ("), (")", ") "), ("KHTML,like", "KHTML, like "),
            ("CPUiPhoneOS", "CPU iPhone OS "), ("CPUOS", "CPU OS "),
            ("likeMacOSX", " like Mac OS X"), ("IntelMacOSX", "Intel Mac OS X "),
            ("WindowsNT", "Windows NT "), ("Android", "Android "), ("Build/", " Build/"),
            ("[", " ["), ("MobileSafari/", " Mobile Safari/"),
        ] + products.map { ($0, " \($0)") }
    )

    /// Products that follow another one's version.
    private static let products = [
        "AppleWebKit/", "Version/", "Mobile/", "Chrome/", "Safari/", "CriOS/", "FxiOS/", "EdgiOS/",
        "Edg/", "EdgA/", "OPR/", "OPT/", "GSA/", "Ddg/", "Gecko/", "Firefox/", "SamsungBrowser/",
        "YaBrowser/", "DuckDuckGo/",
    ]

    /// Words whose case the lists of patterns insist on.
    private static let casing = Replacements(
        [
            "Mozilla/", "AppleWebKit/", "KHTML, like Gecko", "Chrome/", "Safari/", "Version/",
            "Mobile", "Linux", "Android", "Windows NT", "Win64", "Macintosh", "Intel Mac OS X",
            "iPhone", "iPad", "CPU ", " OS ", "like Mac OS X", "Build/", "Gecko/", "Firefox/",
            "Edg/", "OPR/", "CriOS/", "FxiOS/", "SamsungBrowser/", "Trident/", "MSIE ",
        ].map { ($0.lowercased(), $0) }
    )
}

/// Words to put in the place of others, all in one pass.
private struct Replacements {
    private typealias Pair = (word: [UInt8], other: [UInt8])

    /// By a word's first byte, the longest first.
    private var pairs = [[Pair]](repeating: [], count: 256)

    init(_ words: [(String, String)]) {
        for (word, other) in words {
            guard let first = word.utf8.first else { continue }
            pairs[Int(first)].append((Array(word.utf8), Array(other.utf8)))
        }
        for index in pairs.indices { pairs[index].sort { $0.word.count > $1.word.count } }
    }

    func applied(to text: ByteView) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 2)
        var index = 0
        while index < text.count {
            let found = pairs[Int(text[index])].first { pair in
                text.count - index >= pair.word.count
                    && pair.word.indices.allSatisfy { text[index + $0] == pair.word[$0] }
            }
            if let found {
                result += found.other
            } else {
                result.append(text[index])
            }
            index += found?.word.count ?? 1
        }
        return result
    }
}
