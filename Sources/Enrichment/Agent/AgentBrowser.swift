import ClickModel

/// Reads the browser out of user agents and client hints: apps by a table of ours, everything else by uap-core's list.
struct AgentBrowser {
    private let list: PatternList

    init(_ patterns: [Tables.Pattern]) {
        list = PatternList(patterns, own: DataRows(PackageResources.browsers_txt))
    }

    /// Patterns that the engine refused.
    var refused: Int { list.refused }

    /// Fills in the browser and its version.
    func read(
        _ text: AgentText,
        _ hints: ClientHints,
        _ request: borrowing ClickRequest,
        _ facts: inout AgentFacts
    ) {
        if let app = InAppBrowsers.find(in: text) {
            facts.browserName = app.name
            facts.browserVersion = app.version
            return
        }
        if let found = list.match(text), let family = found.value(0) {
            // A piece of an address is no name: `openai.com/bot`.
            let slug = family.hasSuffix("/bot") ? nil : Slug.of(family)
            facts.browserName = slug.flatMap { InAppBrowsers.families[$0] } ?? slug
            facts.browserVersion = found.version
        }
        if facts.browserName == "other" { facts.browserName = nil }
        if text.marks.has(.presto), facts.browserName == "opera",
            let version = text.version(after: "version/")
        {
            // From 10 on Opera said 9.80 before, for servers that read one digit.
            facts.browserVersion = version
        }
        if facts.browserName == "hbbtv" { readTelevisionBrowser(text, &facts) }
        if let version = Self.earlySamsung(text, facts.browserName) {
            (facts.browserName, facts.browserVersion) = ("samsung-internet", version)
        }
        let package = request[.xRequestedWith].text
        if let app = InAppBrowsers.packages[package] {
            facts.browserName = app
            // The version in the user agent is the WebView's.
            facts.browserVersion = nil
        } else {
            refineVersion(hints, &facts)
        }
    }

    /// The version of Samsung's browser where it doesn't name itself.
    ///
    /// On Android a WebView says `Version/4.0` before `Chrome/`; what says less than 4 there is Samsung's. On
    /// Tizen the browser that has only a `Version/` is.
    private static func earlySamsung(_ text: AgentText, _ browser: String?) -> String? {
        guard let browser, let version = text.version(after: " version/") else { return nil }
        if text.marks.has(.android) {
            guard browser.hasPrefix("chrome"), let first = version.first, "123".contains(first),
                version.prefix(2) == "\(first)."
            else { return nil }
            return version
        }
        return text.contains("tizen") && browser.hasSuffix("safari") ? version : nil
    }

    /// HbbTV is what a television offers to pages; the browser stands beside it.
    private func readTelevisionBrowser(_ text: AgentText, _ facts: inout AgentFacts) {
        if text.marks.has(.presto) {
            facts.browserName = "opera"
            facts.browserVersion = text.version(after: "version/")
        } else if let version = text.version(after: " opr/") {
            (facts.browserName, facts.browserVersion) = ("opera", version)
        } else if let version = text.version(after: " chrome/") {
            (facts.browserName, facts.browserVersion) = ("chrome", version)
        }
    }

    /// Chromium's user agents say `131.0.0.0`; the hints have the rest, and brands that hide behind Chrome.
    private func refineVersion(_ hints: ClientHints, _ facts: inout AgentFacts) {
        guard var name = facts.browserName, !hints.brands.isEmpty else { return }
        let hidden = hints.brands.lazy.compactMap { brand in
            InAppBrowsers.brands[brand.name].map { (name: $0, version: brand.version) }
        }.first
        if let hidden, name.hasPrefix("chrome") {
            facts.browserName = hidden.name
            // A view of Chrome's engine has its version, which the user agent tells whole.
            let isOwn = !hidden.name.hasPrefix("chrome") || hidden.version.contains(".")
            if isOwn, !hidden.version.isEmpty {
                facts.browserVersion = hidden.version
            }
            return
        }
        if name == "chrome", hints.brands.allSatisfy({ $0.name == "Chromium" }) {
            name = "chromium"
        }
        // Opera tells its version itself; which Opera it is, the brand.
        if name == "opera", let hidden { name = hidden.name }
        facts.browserName = name
        let own = hints.brands.first { brand in
            let slug = Slug.of(brand.name) ?? ""
            return Self.families[slug].map { name.hasPrefix($0) } ?? (slug == name)
        }
        let chromium = hints.brands.first { $0.name == "Chromium" }
        guard let brand = own ?? (name.hasPrefix("chrom") ? chromium : nil),
            brand.version.contains("."),
            let major = facts.browserVersion?.prefix(while: { $0 != "." }),
            brand.version.prefix(while: { $0 != "." }) == major
        else { return }
        facts.browserVersion = brand.version
    }

    /// What names in events begin with whose brand is another one.
    private static let families = ["google-chrome": "chrome", "microsoft-edge": "edge"]
}
