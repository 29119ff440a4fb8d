/// The keys for people: `serve --help`, and the table in docs/configuration.md.
package enum ConfigurationHelp {
    /// A key, its default and its meaning on two lines each.
    package static var text: String {
        SettingKey.all.map { key in
            let standard = key.standard.map { " (default \($0))" } ?? ""
            return "  \(key.flag)\(standard)\n      \(key.help)"
        }.joined(separator: "\n")
    }

    /// The table of docs/configuration.md, which a test compares with this.
    package static var markdown: String {
        let rows = SettingKey.all.map { key in
            "| `\(key.name)` | \(key.standard.map { "`\($0)`" } ?? "") | \(key.kind.words) "
                + "| \(key.help.replacing("<", with: "\\<")) |"
        }
        return """
            | key | default | value | meaning |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }
}
