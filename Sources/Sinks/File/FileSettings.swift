import ClickModel

/// What a stream into files is made of, checked.
struct FileSettings: Sendable {
    enum Field {
        static let name = "name"
        static let rotateBytes = "rotateBytes"
        static let rotateSeconds = "rotateSeconds"
        static let gzip = "gzip"
    }

    static let fields = [
        SettingField(
            name: Field.name,
            isRequired: false,
            isSecret: false,
            summary: "What the files' names begin with, before the stream's id."
        ),
        SettingField(
            name: Field.rotateBytes,
            isRequired: false,
            isSecret: false,
            summary: "Size at which a file is finished, in bytes; 67108864 (64 MiB) unless set."
        ),
        SettingField(
            name: Field.rotateSeconds,
            isRequired: false,
            isSecret: false,
            summary: "Age at which a file is finished, in seconds; 3600 unless set."
        ),
        SettingField(
            name: Field.gzip,
            isRequired: false,
            isSecret: false,
            summary: "true: finished files are compressed; false unless set."
        ),
    ]

    private static let sizes = 4096...(16 << 30)
    private static let ages = 1...(7 * 24 * 3600)
    private static let longestName = 64

    let name: String?
    let rotateBytes: Int64
    let rotateAge: Duration
    let isCompressed: Bool

    /// Reads settings, or gives every problem.
    static func read(_ settings: [String: String]) -> Result<FileSettings, SettingProblems> {
        var reader = SettingReader(settings, fields)
        let name = reader.text(Field.name)
        if let name, !isPlain(name) {
            reader.noteFormat(
                Field.name,
                "a name is 1 to \(longestName) letters, digits, -, _ and dots, and begins with no dot"
            )
        }
        let bytes = reader.integer(Field.rotateBytes, in: sizes, default: 64 << 20)
        let seconds = reader.integer(Field.rotateSeconds, in: ages, default: 3600)
        let isCompressed = reader.flag(Field.gzip, default: false)
        return reader.result(
            FileSettings(
                name: name,
                rotateBytes: Int64(bytes),
                rotateAge: .seconds(seconds),
                isCompressed: isCompressed
            )
        )
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.count <= longestName && !name.hasPrefix(".")
            && name.allSatisfy { $0 == "." || NDJSON.isPlain($0) }
    }
}
