import ClickModel
import Foundation
import Testing

@testable import Enrichment

/// How user agents are understood, by source; each floor lies a bit under what was reached.
@Suite(
    .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
    .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
)
struct AgentAccuracyTests {
    /// Least percentages: browser, its version, system, its version, device, bots, humans kept human.
    struct Floors: CustomTestStringConvertible {
        let files: String
        let browser: Double
        let version: Double
        let os: Double
        let osVersion: Double
        let device: Double
        let bots: Double
        let humans: Double

        init(
            _ files: String,
            _ browser: Double,
            _ version: Double,
            _ os: Double,
            _ osVersion: Double,
            _ device: Double,
            _ bots: Double,
            _ humans: Double
        ) {
            self.files = files
            (self.browser, self.version, self.os) = (browser, version, os)
            (self.osVersion, self.device) = (osVersion, device)
            (self.bots, self.humans) = (bots, humans)
        }

        var testDescription: String { files }
    }

    @Test(arguments: [
        Floors("ua/matomo", 98.7, 99.1, 99.5, 99.0, 95.2, 0, 99.5),
        Floors("ua/own", 100, 100, 100, 100, 100, 100, 100),
        // Its tests take the made-up products of tools against tracking for browsers and Zune for one, and know no system of
        // PlayStation 3 and Vita.
        Floors("ua/uap", 99.0, 96.8, 98.1, 99.0, 100, 100, 100),
        Floors("ua/whichbrowser", 97.5, 94.0, 97.5, 96.5, 93.5, 0, 99.5),
        Floors("ua/woothee", 84.0, 87.0, 100, 0, 86.0, 0, 98.0),
        Floors("ua/yauaa", 97.0, 91.0, 99.3, 98.0, 97.4, 0, 99.4),
        // Two of the list's own are people's to the letter: a build of Android 15, and Facebook's view.
        Floors("bots/crawler", 0, 0, 0, 0, 0, 99.8, 0),
        Floors("bots/matomo", 0, 0, 0, 0, 0, 98.3, 0),
        Floors("bots/whichbrowser", 0, 0, 0, 0, 0, 99.0, 0),
        Floors("bots/woothee", 0, 0, 0, 0, 0, 99.0, 0),
        Floors("bots/yauaa", 0, 0, 0, 0, 0, 97.0, 0),
        // Chrome always tells its own brand; where Chromium alone is told, Matomo says Chrome all the same.
        Floors("clienthints/matomo", 96.5, 91.5, 97.5, 99.4, 92.5, 100, 99.5),
        Floors("clienthints/own", 100, 100, 100, 100, 100, 100, 0),
        Floors("clienthints/yauaa", 95.0, 95.0, 100, 100, 100, 100, 98.5),
        Floors("realworld/", 0, 0, 0, 0, 99.9, 0, 0),
    ])
    func `user agents are understood`(floors: Floors) throws {
        let folder = floors.files.prefix { $0 != "/" }
        var scores = AgentScores()
        for file in try Fixtures.files(in: String(folder)) where file.hasPrefix(floors.files) {
            scores += try AgentScores(file)
        }
        print("\(floors.files): \(scores.text)")
        try scores.report(floors.files)
        #expect(scores.browser.percent >= floors.browser)
        #expect(scores.browserVersion.percent >= floors.version)
        #expect(scores.osName.percent >= floors.os)
        #expect(scores.osVersion.percent >= floors.osVersion)
        #expect(scores.device.percent >= floors.device)
        #expect(scores.bots.percent >= floors.bots)
        #expect(scores.humans.percent >= floors.humans)
        // For whoever works on the rules: a file with every row that is not right.
        if let path = ProcessInfo.processInfo.environment["MISSES"] {
            let name = floors.files.replacing("/", with: "-")
            let text = scores.wrong.joined(separator: "\n")
            try text.write(toFile: "\(path)-\(name).tsv", atomically: true, encoding: .utf8)
        }
    }
}
