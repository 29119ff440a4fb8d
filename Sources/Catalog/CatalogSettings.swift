package import ClickModel

/// Where the catalog lives, and what it takes from outside.
package struct CatalogSettings: Sendable {
    /// The folder of `catalog.db`, and of `secrets.key` unless another file is named.
    package var directory: String
    /// Where the master key is.
    package var keySource: MasterKey.Source
    /// Where a customer gets another plan.
    package var upgradeURL: String?
    /// Whether what happens to streams is kept to be told.
    package var keepsNotices = false
    /// The clock.
    package var now: @Sendable () -> Timestamp
    /// Where ids come from: 32 lower-case hexadecimal digits each.
    package var newID: @Sendable () -> String

    /// - Parameters:
    ///   - directory: An existing folder.
    ///   - keySource: `<directory>/secrets.key` unless given.
    ///   - now: The system clock unless given.
    ///   - newID: Random ids unless given.
    package init(
        directory: String,
        keySource: MasterKey.Source? = nil,
        now: @escaping @Sendable () -> Timestamp = { .now },
        newID: @escaping @Sendable () -> String = { randomID() }
    ) {
        self.directory = directory
        self.keySource = keySource ?? .file("\(directory)/secrets.key")
        self.now = now
        self.newID = newID
    }

    /// A new id: 128 random bits as 32 lower-case hexadecimal digits.
    package static func randomID() -> String {
        var random = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        let bits: [UInt64] = [random.next(), random.next()]
        return String(
            decoding: (0..<32).map { digits[Int(bits[$0 / 16] >> UInt64($0 % 16 * 4) & 15)] },
            as: UTF8.self
        )
    }
}
