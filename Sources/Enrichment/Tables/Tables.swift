import ClickModel
package import Foundation

/// The data that clicks are enriched by, loaded from files that the set-up made.
package struct Tables: Sendable {
    struct Pattern: Decodable {
        let regex: String
        let ignoresCase: Bool
        let values: [String]
    }

    struct UserAgents: Decodable {
        let agents: [Pattern]
        let systems: [Pattern]
        let devices: [Pattern]
    }

    /// Why the tables can't be used: every file that is missing or damaged, and what to do.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    let agents: AgentParser
    let suffixes: PublicSuffixes
    package let geo: GeoSource
    /// Where crawlers' addresses are known, these.
    let crawlers: CrawlerRanges?

    /// Loads every table.
    ///
    /// - Parameters:
    ///   - folder: Where the set-up put them.
    ///   - geoDatabase: Another MMDB than the folder's own.
    ///   - crawlerRanges: A folder of files with crawlers' addresses; nil for none.
    /// - Throws: `Unusable`, which names every file that is amiss.
    package init(
        in folder: URL,
        geoDatabase: String? = nil,
        crawlerRanges: String? = nil
    ) throws(Unusable) {
        var problems: [String] = []
        let patterns: UserAgents? = Self.decode("user-agents.json", in: folder, &problems)
        let crawlers: [BotRules.Crawler]? = Self.decode("crawlers.json", in: folder, &problems)
        let list = Self.read("public_suffix_list.dat", in: folder, &problems)
        let path = geoDatabase ?? folder.appending(path: "country.mmdb").path
        var geo: GeoSource?
        do throws(GeoSource.Unusable) {
            geo = try GeoSource(path: path)
        } catch {
            problems.append(error.description)
        }
        guard problems.isEmpty, let patterns, let crawlers, let list, let geo else {
            let advice = "run scripts/setup to make the tables, or set tables.directory"
            throw Unusable(description: problems.joined(separator: "; ") + " (\(advice))")
        }
        do throws(CrawlerRanges.Unusable) {
            self.crawlers = try crawlerRanges.map { path throws(CrawlerRanges.Unusable) in
                try CrawlerRanges(in: path)
            }
        } catch {
            throw Unusable(description: "\(error.description) (bots.ranges)")
        }
        agents = AgentParser(patterns, crawlers: crawlers)
        suffixes = PublicSuffixes(list)
        self.geo = geo
    }

    private static func read(_ name: String, in folder: URL, _ problems: inout [String]) -> Data? {
        let url = folder.appending(path: name)
        let data = try? Data(contentsOf: url)
        if data == nil { problems.append("\(url.path) can't be read") }
        return data
    }

    private static func decode<Value: Decodable>(
        _ name: String,
        in folder: URL,
        _ problems: inout [String]
    ) -> Value? {
        guard let data = read(name, in: folder, &problems) else { return nil }
        let value = try? JSONDecoder().decode(Value.self, from: data)
        if value == nil { problems.append("\(folder.appending(path: name).path) is damaged") }
        return value
    }
}
