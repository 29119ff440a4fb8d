import ClickModel
package import Foundation

/// The data that clicks are enriched by, loaded from files that the set-up made.
package struct Tables {
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

    /// Why the tables can't be used: which file, and what to do.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    let agents: AgentParser
    let suffixes: PublicSuffixes
    let geo: GeoDatabase

    /// Loads every table.
    ///
    /// - Parameters:
    ///   - folder: Where the set-up put them.
    ///   - geoDatabase: Another MMDB than the folder's own.
    /// - Throws: `Unusable`, which names the file.
    package init(in folder: URL, geoDatabase: String? = nil) throws {
        let patterns: UserAgents = try Self.decode("user-agents.json", in: folder)
        let crawlers: [BotRules.Crawler] = try Self.decode("crawlers.json", in: folder)
        agents = AgentParser(patterns, crawlers: crawlers)
        suffixes = PublicSuffixes(try Self.read("public_suffix_list.dat", in: folder))
        let path = geoDatabase ?? folder.appending(path: "country.mmdb").path
        do {
            geo = try GeoDatabase(path: path)
        } catch {
            throw Unusable(
                description: "\(path): \(error.description)" + (geoDatabase == nil ? Self.advice : ""))
        }
    }

    private static let advice = "; run scripts/setup to make the tables"

    private static func read(_ name: String, in folder: URL) throws -> Data {
        let url = folder.appending(path: name)
        do {
            return try Data(contentsOf: url)
        } catch {
            throw Unusable(description: "\(url.path) can't be read\(advice)")
        }
    }

    private static func decode<Value: Decodable>(_ name: String, in folder: URL) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: read(name, in: folder))
        } catch let error as DecodingError {
            throw Unusable(
                description: "\(folder.appending(path: name).path) is damaged\(advice): \(error)")
        }
    }
}
