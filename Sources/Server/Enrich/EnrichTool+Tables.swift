import Catalog
package import ClickModel
import Enrichment
import Foundation

extension EnrichTool {
    /// Loads the tables and, if asked to, a catalog.
    ///
    /// - Parameters:
    ///   - settings: The configuration: where the tables are, the session window.
    ///   - dataDirectory: Whose catalog knows the links; nil for none.
    ///   - format: The events' form.
    /// - Throws: What is missing of the tables or the catalog.
    package init(_ settings: ServerSettings, dataDirectory: String?, format: EventFormat) throws {
        let tables = try Tables(
            in: TablesLocation.find(configured: settings.tablesDirectory),
            geoDatabase: settings.geoDatabase,
            crawlerRanges: settings.crawlerRanges
        )
        try self.init(
            tables: tables,
            settings: settings.encoder,
            links: try dataDirectory.map { try Self.catalog(in: $0, settings) },
            format: format
        )
    }

    private static func catalog(
        in directory: String,
        _ settings: ServerSettings
    ) throws -> Catalog {
        // Opening would make a new one, which nobody asked for.
        guard FileManager.default.fileExists(atPath: "\(directory)/catalog.db") else {
            throw StartError("--data \(directory): there is no catalog.db in it")
        }
        return try Catalog(settings.catalog(in: directory))
    }
}
