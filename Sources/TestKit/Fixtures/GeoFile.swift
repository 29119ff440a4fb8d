import Foundation

/// Databases of places made for tests, by the writer that the set-up fetched.
package enum GeoFile {
    package struct NotMade: Error {}

    /// The set-up's Python; nil where `scripts/setup` has not run.
    package static let python: String? = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let python = folder.appending(path: ".data/venv/bin/python").path
            if FileManager.default.isExecutableFile(atPath: python) { return python }
            folder.deleteLastPathComponent()
        }
        return nil
    }()

    private static let script = """
        from mmdb_writer import MMDBWriter; import json, netaddr, os, sys
        writer = MMDBWriter(6, sys.argv[2], languages=["en"], ipv4_compatible=True)
        for network, record in json.loads(sys.argv[3]).items():
            writer.insert_network(netaddr.IPSet([network]), record)
        writer.to_db_file(sys.argv[1] + ".new")
        os.replace(sys.argv[1] + ".new", sys.argv[1])
        """

    /// Writes an MMDB, whole or not at all.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - type: The database's type, as its metadata names it.
    ///   - records: JSON: an object of networks with their records.
    /// - Throws: `NotMade`.
    package static func write(_ path: String, type: String, _ records: String) throws {
        guard let python else { throw NotMade() }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", script, path, type, records]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotMade() }
    }
}
