import Foundation

/// Where the tables are that clicks are enriched by.
enum TablesLocation {
    /// The folder: as configured, else beside the executable, else in `../share/clickstream`, else in the data
    /// folder of the build that the executable lies in.
    ///
    /// - Throws: `StartError`, which names the places that were looked at.
    static func find(configured: String?) throws -> URL {
        if let configured { return URL(filePath: configured, directoryHint: .isDirectory) }
        let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = executable.deletingLastPathComponent()
        var places = [
            folder.appending(path: "tables"),
            folder.deletingLastPathComponent().appending(path: "share/clickstream"),
        ]
        var parent = folder
        while parent.path != "/" {
            places.append(parent.appending(path: ".data/tables"))
            parent = parent.deletingLastPathComponent()
        }
        let found = places.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "user-agents.json").path)
        }
        guard let found else {
            let looked = places.prefix(3).map(\.path).joined(separator: ", ")
            throw StartError(
                "the tables that clicks are enriched by are missing (looked in \(looked) and the folders "
                    + "above): run scripts/setup, or name their folder by tables.directory"
            )
        }
        return found
    }
}
