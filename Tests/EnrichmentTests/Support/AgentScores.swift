import ClickModel

@testable import Enrichment

/// How the agent parser does on rows of user agents, member by member.
struct AgentScores {
    var browser = Score()
    var browserVersion = Score()
    var osName = Score()
    var osVersion = Score()
    var device = Score()
    var bots = Score()
    var humans = Score()

    init() {}

    init(_ file: String) throws {
        let parser = try TestTables.load().agents
        for row in try Fixtures.rows(file) {
            var click = TestClick()
            click.set(.userAgent, row.input)
            click.set(row.headers ?? [:])
            click.group().forEach { _, request in add(parser.parse(request), row) }
        }
    }

    private mutating func add(_ facts: AgentFacts, _ row: Fixtures.Row) {
        let note = { (key: String, wanted: String?, got: String?) in
            "\(key)\t\(wanted ?? "null")\t\(got ?? "null")\t\(row.id)\t\(row.input)\t\(row.headers ?? [:])"
        }
        if let family = row.text("browser.family") {
            let isRight =
                facts.browserName == family
                || Fixtures.browserFamilies[family ?? ""]?.contains(facts.browserName ?? "")
                    ?? false
            browser.add(isRight, note("family", family, facts.browserName))
        }
        if let name = row.text("browser.name") {
            browser.add(name == facts.browserName, note("browser", name, facts.browserName))
        }
        if let version = row.text("browser.version") {
            browserVersion.add(
                version == facts.browserVersion,
                note("version", version, facts.browserVersion)
            )
        }
        if case .some(.some(let prefix)) = row.text("browser.version_prefix") {
            let got = facts.browserVersion ?? ""
            browserVersion.add(
                got == prefix || got.hasPrefix("\(prefix)."),
                note("version_prefix", prefix, got)
            )
        }
        if let name = row.text("os.name") {
            osName.add(name == facts.osName, note("os", name, facts.osName))
        }
        if let version = row.text("os.version") {
            osVersion.add(version == facts.osVersion, note("osversion", version, facts.osVersion))
        }
        if let name = row.text("device.name") {
            device.add(name == facts.device, note("device", name, facts.device))
        }
        if case .some(.some(let type)) = row.text("type") {
            let got = facts.bot == nil ? "human" : "bot"
            if type == "bot" {
                bots.add(got == type, note("bot", type, got))
            } else {
                humans.add(got == type, note("human", type, got))
            }
        }
    }

    static func += (left: inout AgentScores, right: AgentScores) {
        left.browser += right.browser
        left.browserVersion += right.browserVersion
        left.osName += right.osName
        left.osVersion += right.osVersion
        left.device += right.device
        left.bots += right.bots
        left.humans += right.humans
    }

    /// Adds every figure to the table that `make accuracy` makes.
    func report(_ source: String) throws {
        try browser.report(source, "browser")
        try browserVersion.report(source, "version")
        try osName.report(source, "os")
        try osVersion.report(source, "os version")
        try device.report(source, "device")
        try bots.report(source, "bots")
        try humans.report(source, "humans")
    }

    var wrong: [String] {
        [browser, browserVersion, osName, osVersion, device, bots, humans].flatMap(\.wrong)
    }

    var text: String {
        """
        browser \(browser.text), version \(browserVersion.text), os \(osName.text), \
        os version \(osVersion.text), device \(device.text), bots \(bots.text), humans \(humans.text)
        """
    }
}
