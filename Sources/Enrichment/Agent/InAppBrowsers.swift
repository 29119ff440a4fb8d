/// Apps that open links in a view of their own: `Data/apps.txt`.
enum InAppBrowsers {
    struct Row {
        /// What the user agent holds, in lower case.
        let mark: String
        let name: String
        let versionAfter: [[UInt8]]
    }

    private static let data = DataRows(PackageResources.apps_txt)

    /// The first row that is found wins.
    static let rows: [Row] = data["marks"].map { row in
        Row(
            mark: row.fields.count > 1 ? row.fields[1] : "",
            name: row.fields[0],
            versionAfter: row.fields.dropFirst(2).map { Array($0.utf8) }
        )
    }

    /// Android tells the app that shows a page in `X-Requested-With`.
    static let packages = pairs("packages")

    /// uap-core's families for the same apps, where their marks are others.
    static let families = pairs("families")

    /// Brands in client hints of browsers whose user agent is Chrome's to the letter, and whose these are.
    static let brands = pairs("brands")

    private static func pairs(_ section: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for row in data[section] where row.fields.count == 2 {
            pairs[row.fields[0]] = row.fields[1]
        }
        return pairs
    }

    /// The app whose view this is, with its version.
    static func find(in text: AgentText) -> (name: String, version: String?)? {
        let index = text.marks.apps.trailingZeroBitCount
        guard rows.indices.contains(index) else { return nil }
        let row = rows[index]
        return (row.name, row.versionAfter.lazy.compactMap { text.version(after: $0) }.first)
    }
}
