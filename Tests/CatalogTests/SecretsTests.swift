import Catalog
import ClickModel
import Foundation
import GRDB
import Testing

struct SecretsTests {
    private static let secrets = ["Basic a:b c", "key-in-clear-4711", "whsec_c2VjcmV0LWluLWNsZWFy"]

    @Test func `no secret is ever in the files in clear`() async throws {
        try await withFolder { folder in
            let catalog = try Catalog(CatalogSettings(directory: folder))
            let stream = try await catalog.makeStream()
            let key = try await catalog.createKey(
                name: "k",
                scope: .owner,
                expiresAt: nil,
                in: catalog.mainWorkspace()
            )
            for closing in [false, true] {
                if closing { try catalog.close() }
                for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
                    for secret in Self.secrets + [key.key] {
                        #expect(data.range(of: Data(secret.utf8)) == nil, "\(secret) is in \(file)")
                    }
                }
            }
            #expect(stream.stream.key.text == Self.secrets[1])
            #expect(stream.stream.destination.settings["value"] == Self.secrets[0])
        }
    }

    @Test func `the key file is made once, for its owner's eyes only`() async throws {
        try await withFolder { folder in
            try Catalog(CatalogSettings(directory: folder)).close()
            let path = "\(folder)/secrets.key"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let key = try String(contentsOfFile: path, encoding: .utf8)
            try Catalog(CatalogSettings(directory: folder)).close()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == key)
        }
    }

    @Test func `the catalog's files are for its owner's eyes only`() async throws {
        try await withFolder { folder in
            let catalog = try Catalog(CatalogSettings(directory: folder))
            _ = try await catalog.makeStream()
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.contains("catalog.db-wal"))
            for file in files {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: "\(folder)/\(file)"
                )
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
            }
            try catalog.close()
        }
    }

    @Test func `a missing key file is refused, not replaced`() async throws {
        try await withFolder { folder in
            try Catalog(CatalogSettings(directory: folder)).close()
            let path = "\(folder)/secrets.key"
            try FileManager.default.removeItem(atPath: path)
            let error = #expect(throws: CatalogError.self) {
                try Catalog(CatalogSettings(directory: folder))
            }
            #expect(error?.isAboutTheMasterKey == true)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test(arguments: ["", "not base64!", "c2hvcnQ=", Data(count: 33).base64EncodedString()])
    func `a malformed key is refused`(text: String) async throws {
        try await withFolder { folder in
            let error = #expect(throws: CatalogError.self) {
                try Catalog(CatalogSettings(directory: folder, keySource: .inline(text)))
            }
            #expect(error?.isAboutTheMasterKey == true)
        }
    }

    @Test func `another key is refused, the right one opens`() async throws {
        try await withFolder { folder in
            let right = Data(repeating: 1, count: 32).base64EncodedString()
            let wrong = Data(repeating: 2, count: 32).base64EncodedString()
            try Catalog(CatalogSettings(directory: folder, keySource: .inline(right))).close()
            let error = #expect(throws: CatalogError.self) {
                try Catalog(CatalogSettings(directory: folder, keySource: .inline(wrong)))
            }
            #expect(error?.isAboutTheMasterKey == true)
            try Catalog(CatalogSettings(directory: folder, keySource: .inline(right))).close()
        }
    }

    @Test func `a sealed value that was moved doesn't open, and the stream says so`()
        async throws
    {
        try await withFolder { folder in
            let catalog = try Catalog(CatalogSettings(directory: folder))
            let first = try await catalog.makeStream(value: "one")
            let second = try await catalog.makeStream(value: "two")
            let file = try DatabaseQueue(path: "\(folder)/catalog.db")
            try await file.write { db in
                try db.execute(
                    sql: """
                        UPDATE streams SET secretSettings =
                            (SELECT secretSettings FROM streams WHERE id = ?) WHERE id = ?
                        """,
                    arguments: [first.stream.id.description, second.stream.id.description]
                )
            }
            let streams = try await catalog.streams()
            #expect(streams.map(\.state.status) == [.verifying, .disabled])
            #expect(streams.first?.destination.settings["value"] == "one")
            #expect(streams.last?.destination.settings["value"] == nil)
            try catalog.close()
        }
    }
}

extension CatalogError {
    var isAboutTheMasterKey: Bool {
        if case .masterKey = self { return true }
        return false
    }
}
