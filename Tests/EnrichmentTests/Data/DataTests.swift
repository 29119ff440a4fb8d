import ClickModel
import Testing

@testable import Enrichment

/// Our own tables: each row does what it is for.
struct DataTests {
    @Test(arguments: [
        ("apps", PackageResources.apps_txt, ["marks", "packages", "families", "brands"]),
        ("browsers", PackageResources.browsers_txt, ["before", "after"]),
        ("devices", PackageResources.devices_txt, [""]),
        ("referrers", PackageResources.referrers_txt, ["hosts", "apps", "labels"]),
        ("systems", PackageResources.systems_txt, ["before", "after"]),
        ("words", PackageResources.words_txt, AgentMark.allCases.map { "\($0)" }),
    ])
    func `every line is a row of a section that is read`(
        name: String,
        bytes: [UInt8],
        sections: [String]
    ) {
        let data = DataRows(bytes)
        #expect(data.malformed.isEmpty)
        #expect(Set(data.all.map(\.section)) == Set(sections))
    }

    @Test func `malformed lines are told`() {
        let text = "[a]\nx \"y z\" w\n> example\n\"open\n"
        let data = DataRows(Array(text.utf8))
        #expect(data.malformed == [4])
        #expect(data["a"].map(\.fields) == [["x", "y z", "w"]])
        #expect(data["a"].map(\.examples) == [["example"]])
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `each browser is found in its example`() throws {
        let parser = try TestTables.load().agents
        for row in DataRows(PackageResources.browsers_txt).all {
            #expect(!row.examples.isEmpty, "line \(row.line) has no example")
            for example in row.examples {
                let facts = parser.facts(of: example)
                #expect(facts.browserName == Slug.of(row.fields[0]), "line \(row.line): \(example)")
            }
        }
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `each system is found in its example`() throws {
        let parser = try TestTables.load().agents
        for row in DataRows(PackageResources.systems_txt).all {
            #expect(!row.examples.isEmpty, "line \(row.line) has no example")
            let numbers = Array(row.fields.dropFirst(2))
            let wanted = OperatingSystem(family: row.fields[0], numbers: numbers)
            for example in row.examples {
                let facts = parser.facts(of: example)
                #expect(facts.osName == wanted?.name, "line \(row.line): \(example)")
                guard !numbers.isEmpty else { continue }
                #expect(facts.osVersion == wanted?.version, "line \(row.line): \(example)")
            }
        }
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `each device class is found in its example`() throws {
        let parser = try TestTables.load().agents
        for row in DataRows(PackageResources.devices_txt).all {
            #expect(!row.examples.isEmpty, "line \(row.line) has no example")
            for example in row.examples {
                let device = parser.facts(of: example).device
                #expect(device == row.fields[0], "line \(row.line): \(example)")
            }
        }
    }

    @Test func `each word is found, in any case, and where it counts`() {
        let finder = AgentMarkFinder()
        let found = { (text: String) in
            Array(text.utf8).withUnsafeBufferPointer { finder.find(in: $0) }
        }
        let data = DataRows(PackageResources.words_txt)
        for mark in AgentMark.allCases {
            let fields = data["\(mark)"].flatMap(\.fields)
            let words = fields.map { $0.hasPrefix("*") ? String($0.dropFirst()) : $0 }
            let starred = fields.filter { $0.hasPrefix("*") }.map { String($0.dropFirst()) }
            #expect(Set(words).count == words.count, "\(mark) has a word twice")
            for word in words {
                #expect(word == word.lowercased(), "\(word)")
                #expect(found(" \(word.uppercased())").has(mark), "\(mark): \(word)")
                // A word that begins tokens isn't one inside of another word.
                guard AgentMark.console.rawValue...AgentMark.workstation.rawValue ~= mark.rawValue,
                    !starred.contains(word), let first = word.first,
                    first.isLetter || first.isNumber,
                    !words.contains(where: { $0 != word && word.contains($0) })
                else { continue }
                let glued = (first.isLetter ? "q" : "0") + word
                #expect(!found(glued).has(mark), "\(mark): \(glued)")
                #expect(found("\(glued) \(word)").has(mark), "\(mark): \(word) after \(glued)")
            }
        }
    }

    @Test func `each app is found in its example, by its own row`() {
        let finder = AgentMarkFinder()
        let rows = DataRows(PackageResources.apps_txt)["marks"]
        #expect(rows.count <= 64, "a user agent's marks have a bit for each row")
        for (index, row) in rows.enumerated() {
            #expect(row.fields.allSatisfy { $0 == $0.lowercased() }, "line \(row.line)")
            #expect(Slug.of(row.fields[0]) == row.fields[0])
            #expect(!row.examples.isEmpty, "line \(row.line) has no example")
            for example in row.examples {
                let text = Array(example.utf8).withUnsafeBufferPointer { AgentText($0, finder) }
                #expect(text.marks.apps.trailingZeroBitCount == index, "line \(row.line)")
                let found = InAppBrowsers.find(in: text)
                #expect(found?.name == row.fields[0], "line \(row.line)")
                let isTold = row.fields.dropFirst(2).contains { example.lowercased().contains($0) }
                let isNumber = found?.version?.contains(".") ?? false
                #expect(isTold ? isNumber : found?.version == nil, "line \(row.line): \(example)")
            }
        }
        for name in InAppBrowsers.packages.values { #expect(Slug.of(name) == name) }
        for name in InAppBrowsers.families.values { #expect(Slug.of(name) == name) }
    }
}

extension AgentParser {
    /// What a user agent alone tells.
    fileprivate func facts(of userAgent: String) -> AgentFacts {
        var click = TestClick()
        click.set(.userAgent, userAgent)
        var facts = AgentFacts()
        click.group().forEach { _, request in facts = parse(request) }
        return facts
    }
}
