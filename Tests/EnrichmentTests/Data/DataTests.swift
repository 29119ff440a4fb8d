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

    @Test func `each word is found, in any case`() {
        let finder = AgentMarkFinder()
        let data = DataRows(PackageResources.words_txt)
        for mark in AgentMark.allCases {
            let words = data["\(mark)"].flatMap(\.fields).map {
                $0.hasPrefix("*") ? String($0.dropFirst()) : $0
            }
            #expect(Set(words).count == words.count, "\(mark) has a word twice")
            for word in words {
                #expect(word == word.lowercased(), "\(word)")
                let text = Array(" \(word.uppercased())".utf8)
                let marks = text.withUnsafeBufferPointer { finder.find(in: $0) }
                #expect(marks.has(mark), "\(mark): \(word)")
            }
        }
    }

    @Test func `each app is found by its mark`() {
        let finder = AgentMarkFinder()
        #expect(InAppBrowsers.rows.count <= 64, "a user agent's marks have a bit for each row")
        for row in InAppBrowsers.rows {
            #expect(row.mark == row.mark.lowercased() && !row.mark.isEmpty)
            #expect(Slug.of(row.name) == row.name)
            let bytes = Array(" \(row.mark)".utf8)
            let text = bytes.withUnsafeBufferPointer { AgentText($0, finder) }
            let found = InAppBrowsers.find(in: text)?.name
            let first = InAppBrowsers.rows.first { " \(row.mark)".contains($0.mark) }
            #expect(found == first?.name, "\(row.mark)")
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
