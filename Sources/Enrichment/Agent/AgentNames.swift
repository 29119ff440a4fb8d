import ClickModel

/// Names in a user agent that sound like a machine's and are none.
///
/// Makers call phones Butterfly, Sonic or Cubot, and lists of crawlers hold such words; people read
/// links in apps whose servers fetch previews under the same name. What these names cover says nothing
/// about who asks.
enum AgentNames {
    /// Products that carry a crawler's name or look like it, wherever they stand.
    private static let products: [StaticString] = [
        "sogoumse", "sogoumobilebrowser", "sogousearch", "sogouandroidbrowser", "metaiab",
        "sonic slack_ssb",
    ]

    /// Apps that show pages themselves: with a browser's engine in the user agent, a person reads.
    private static let readers: [StaticString] = [
        "whatsapp/", "whatsapp)", " viber", "code/1.", "trae/", "notion/", "tumblr/",
        "instapaper/", "upday/", "grammarly/", "daum/", "fluid/",
    ]

    /// What a model's field holds when somebody else wrote into it.
    private static let machines: [StaticString] = [
        "://", "crawl", "spider", "bot/", "bots", "compatible", "@", "headless", "lighthouse",
    ]

    /// The text without such names; nil when there are none.
    static func removed(from text: AgentText, _ finder: AgentMarkFinder) -> AgentText? {
        var ranges: [Range<Int>] = []
        if let model = model(in: text) { ranges.append(model) }
        let isShown = text.marks.has(.browser) && text.marks.has(.webKit)
        for name in isShown ? products + readers : products {
            if let start = text.index(of: name) {
                ranges.append(start..<start + name.utf8CodeUnitCount)
            }
        }
        // The app itself names its device; when it fetches a preview it doesn't.
        if text.contains(" device/"), let start = text.index(of: "whatsapp") {
            ranges.append(start..<start + 9)
        }
        return ranges.isEmpty ? nil : text.blanking(ranges, finder)
    }

    /// The field of an Android user agent that names the model: `Android 9; SM-G960F Build/PPR1)`.
    private static func model(in text: AgentText) -> Range<Int>? {
        guard text.marks.has(.android), let android = text.index(of: "android "),
            let start = text.lowered[android...].firstIndex(of: 0x3B)
        else { return nil }
        let rest = text.lowered[start...]
        guard var end = rest.firstIndex(of: 0x29), !rest[..<end].contains(0x28) else { return nil }
        // What follows the build is somebody else's again: `Build/OPD3.170816.012; Storebot-Google/1.0`.
        if let build = text.index(of: "build/", from: start), build < end {
            end = text.lowered[build..<end].firstIndex(of: 0x3B) ?? end
        }
        let field = start..<end
        let isTheMakers = machines.allSatisfy { word in
            guard let index = text.index(of: word, from: start) else { return true }
            return index >= end
        }
        return isTheMakers ? field : nil
    }
}
