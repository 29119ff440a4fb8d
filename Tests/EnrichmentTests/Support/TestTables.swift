import ClickModel
import Foundation

@testable import Enrichment

/// The tables that the set-up made, loaded once for all tests.
enum TestTables {
    static let folder: URL? = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let tables = folder.appending(path: ".data/tables")
            if FileManager.default.fileExists(atPath: tables.appending(path: "VERSION").path) {
                return tables
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }()

    static let areThere = folder != nil

    private static let loaded: Result<Tables, any Error>? =
        folder.map { folder in Result { try Tables(in: folder) } }

    static func load() throws -> Tables {
        struct Missing: Error {}
        guard let loaded else { throw Missing() }
        return try loaded.get()
    }
}
