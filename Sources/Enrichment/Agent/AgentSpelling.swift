import ClickModel
import Foundation

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
        if start.equals("Mozilla/5.0("), !text.contains(0x20) { return spaced(text) }
        if start[0] == 0x6D, !text.contains(where: { 0x41...0x5A ~= $0 }) { return cased(text) }
        return nil
    }

    private static func unescaped(_ text: ByteView) -> [UInt8] {
        PercentEncoding.decode(text.map { $0 == 0x2B ? 0x20 : $0 })
    }

    /// What stands in a user agent with blanks around it, without them and with them.
    private static let spacings = [
        (";", "; "), ("(", " ("), (")", ") "), ("KHTML,like", "KHTML, like "),
        ("CPUiPhoneOS", "CPU iPhone OS "), ("CPUOS", "CPU OS "), ("likeMacOSX", " like Mac OS X"),
        ("IntelMacOSX", "Intel Mac OS X "), ("WindowsNT", "Windows NT "), ("Android", "Android "),
        ("Build/", " Build/"), ("[", " ["),
    ]

    /// Products that follow another one's version.
    private static let products = [
        "AppleWebKit/", "Version/", "Mobile/", "Chrome/", "Safari/", "CriOS/", "FxiOS/", "EdgiOS/",
        "Edg/", "EdgA/", "OPR/", "OPT/", "GSA/", "Ddg/", "Gecko/", "Firefox/", "SamsungBrowser/",
        "YaBrowser/", "DuckDuckGo/", "MobileSafari/",
    ]

    private static func spaced(_ text: ByteView) -> [UInt8] {
        var spelled = text.text
        for (without, with) in spacings { spelled = spelled.replacing(without, with: with) }
        for product in products { spelled = spelled.replacing(product, with: " \(product)") }
        return Array(spelled.utf8)
    }

    /// Words whose case the lists of patterns insist on.
    private static let words = [
        "Mozilla/", "AppleWebKit/", "KHTML, like Gecko", "Chrome/", "Safari/", "Version/", "Mobile",
        "Linux", "Android", "Windows NT", "Win64", "Macintosh", "Intel Mac OS X", "iPhone", "iPad",
        "CPU ", " OS ", "like Mac OS X", "Build/", "Gecko/", "Firefox/", "Edg/", "OPR/", "CriOS/",
        "FxiOS/", "SamsungBrowser/", "Trident/", "MSIE ",
    ]

    private static func cased(_ text: ByteView) -> [UInt8] {
        var spelled = text.text
        for word in words { spelled = spelled.replacing(word.lowercased(), with: word) }
        return Array(spelled.utf8)
    }
}
