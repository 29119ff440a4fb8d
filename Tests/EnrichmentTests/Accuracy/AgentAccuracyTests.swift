import ClickModel
import Foundation
import Testing

@testable import Enrichment

@Suite(
    .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
    .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
)
struct AgentAccuracyTests {
    @Test func `baseline`() throws {
        var sums: [String: AgentScores] = [:]
        for folder in ["ua", "bots", "clienthints", "realworld"] {
            for file in try Fixtures.files(in: folder) {
                let scores = try AgentScores(file)
                print(file, scores.text)
                let source = file.split(separator: "/")[1].split(separator: "-")[0].split(separator: ".")[0]
                sums["\(folder)/\(source)", default: AgentScores()] += scores
            }
        }
        for (key, value) in sums.sorted(by: { $0.key < $1.key }) { print("SUM", key, value.text) }
        if let path = ProcessInfo.processInfo.environment["MISSES"] {
            let text = sums.values.flatMap { $0.wrong }.joined(separator: "\n")
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}
