import ClickModel

/// The language of an `Accept-Language` header.
enum AcceptLanguage {
    /// Subtags that IANA's registry replaces by others (Preferred-Value of deprecated languages).
    private static let preferred = [
        "in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro",
    ]
    /// Tags that are registered as a whole and stand for a language.
    private static let grandfathered = [
        "i-klingon": "tlh", "i-lux": "lb", "i-navajo": "nv", "i-hak": "hak", "i-ami": "ami",
        "i-bnn": "bnn", "i-pwn": "pwn", "i-tao": "tao", "i-tay": "tay", "i-tsu": "tsu",
        "no-bok": "nb", "no-nyn": "nn", "art-lojban": "jbo", "zh-min-nan": "nan", "zh-hakka": "hak",
        "zh-guoyu": "cmn", "zh-cmn": "cmn", "zh-xiang": "hsn", "zh-yue": "yue", "zh-wuu": "wuu",
        "zh-gan": "gan", "sgn-be-fr": "sfb", "sgn-be-nl": "vgt",
        "sgn-ch-de": "sgg",
    ]

    /// What the tags begin with that are registered as a whole.
    private static let registered: Set = ["i", "no", "zh", "sgn", "art"]
    private static let isNoLanguage: Set = ["und", "mul", "mis", "zxx"]

    /// Entries beyond are left unread: nobody speaks so many.
    static let mostEntries = 64

    /// The primary subtag of the entry with the highest weight; the first of equals; nil when there is none.
    static func primary(_ header: ByteView) -> String? {
        var best: String?
        var bestWeight = 0
        var start = 0
        for _ in 0..<mostEntries where start < header.count {
            var end = start
            while end < header.count, header[end] != 0x2C { end += 1 }
            let (tag, weight) = split(header.view(start, end))
            if weight > bestWeight, let language = language(of: tag) {
                best = language
                bestWeight = weight
            }
            start = end + 1
        }
        return best
    }

    /// A tag and its weight in thousandths; 0 for a weight that is none.
    private static func split(_ entry: ByteView) -> (ByteView, Int) {
        let semicolon = entry.firstIndex(of: 0x3B) ?? entry.count
        let tag = entry.view(0, semicolon).trimmed
        var weight = 1000
        var rest = entry.view(semicolon + 1, entry.count)
        while rest.count > 0 {
            let end = rest.firstIndex(of: 0x3B) ?? rest.count
            let parameter = rest.view(0, end).trimmed
            if parameter.count > 0, parameter[0].asciiLowercased == 0x71 {
                let value = parameter.view(1, parameter.count).trimmed
                if value.count > 0, value[0] == 0x3D {
                    weight = Self.weight(value.view(1, value.count).trimmed)
                }
            }
            rest = rest.view(end + 1, rest.count)
        }
        return (tag, weight)
    }

    /// RFC 9110's `qvalue`; 0 for anything else.
    private static func weight(_ text: ByteView) -> Int {
        guard text.count > 0, text.count <= 8, text[0] == 0x30 || text[0] == 0x31 else { return 0 }
        var value = text[0] == 0x31 ? 1000 : 0
        guard text.count > 1 else { return value }
        guard text[1] == 0x2E else { return 0 }
        var place = 100
        for byte in text.dropFirst(2) {
            guard 0x30...0x39 ~= byte else { return 0 }
            value += Int(byte - 0x30) * place
            place /= 10
        }
        return value <= 1000 ? value : 0
    }

    private static func language(of tag: ByteView) -> String? {
        guard (2...64).contains(tag.count) else { return nil }
        let isTag = tag.allSatisfy {
            0x61...0x7A ~= $0.asciiLowercased || 0x30...0x39 ~= $0 || $0 == 0x2D || $0 == 0x5F
        }
        let end = tag.firstIndex { $0 == 0x2D || $0 == 0x5F } ?? tag.count
        let primary = tag.view(0, end)
        guard isTag, primary.count <= 3, primary.allSatisfy({ $0 >= 0x41 }) else { return nil }
        let word = lowered(primary)
        if end < tag.count, registered.contains(word) {
            let text = lowered(tag)
            for (known, language) in grandfathered
            where text == known || text.hasPrefix("\(known)-") {
                return language
            }
        }
        guard primary.count > 1, !isNoLanguage.contains(word) else { return nil }
        return preferred[word] ?? word
    }

    private static func lowered(_ text: ByteView) -> String {
        String(decoding: text.map { $0 == 0x5F ? 0x2D : $0.asciiLowercased }, as: UTF8.self)
    }
}
