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
    /// - Throws: `UnusableTable`, which names every file that is amiss.
    package init(
        in folder: URL,
        geoDatabase: String? = nil,
        crawlerRanges: String? = nil
    ) throws(UnusableTable) {
        var problems: [String] = []
        let patterns: UserAgents? = Self.decode("user-agents.json", in: folder, &problems)
        let crawlers: [BotRules.Crawler]? = Self.decode("crawlers.json", in: folder, &problems)
        let list = Self.read("public_suffix_list.dat", in: folder, &problems)
        let path = geoDatabase ?? folder.appending(path: "country.mmdb").path
        var geo: GeoSource?
        var ranges: CrawlerRanges?
        do throws(UnusableTable) {
            geo = try GeoSource(path: path)
        } catch {
            let key = geoDatabase == nil ? "" : " (geo.database)"
            problems.append(error.description + key)
        }
        do throws(UnusableTable) {
            if let crawlerRanges { ranges = try CrawlerRanges(in: crawlerRanges) }
        } catch {
            problems.append("\(error.description) (bots.ranges)")
        }
        guard problems.isEmpty, let patterns, let crawlers, let list, let geo else {
            // What an operator named is not the set-up's.
            let isOurs = patterns == nil || crawlers == nil || list == nil
            let advice =
                isOurs || (geo == nil && geoDatabase == nil)
                ? " (run scripts/setup to make the tables, or set tables.directory)" : ""
            throw UnusableTable(description: problems.joined(separator: "; ") + advice)
        }
        agents = AgentParser(patterns, crawlers: crawlers)
        suffixes = PublicSuffixes(list)
        self.geo = geo
        self.crawlers = ranges
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
