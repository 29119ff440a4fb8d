import Foundation

/// What accuracy tests found, for the table that `make accuracy` makes of it.
package enum AccuracyReport {
    /// A row of the table.
    private struct Line: Encodable {
        let source: String
        let what: String
        let right: Int
        let total: Int
    }

    /// Adds a figure to the file that `ACCURACY` names; does nothing where it names none.
    ///
    /// - Parameters:
    ///   - source: Whose cases they are: `ua/matomo`.
    ///   - what: What is asked: `browser`.
    ///   - right: How many came out right.
    ///   - total: Of how many.
    /// - Throws: Why the file can't be written.
    package static func add(_ source: String, _ what: String, right: Int, total: Int) throws {
        guard total > 0, let path = ProcessInfo.processInfo.environment["ACCURACY"] else { return }
        let line = try JSONEncoder().encode(
            Line(source: source, what: what, right: right, total: total)
        )
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: line + [0x0A])
    }
}
