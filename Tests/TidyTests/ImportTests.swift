import Foundation
import Testing

/// The repository's root, from where this file stands.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Every Swift file below a folder of the repository.
func swiftFiles(in folder: String) -> [URL] {
    let root = repository.appending(path: folder)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
}

/// The modules that a file imports.
func imports(of file: URL) throws -> Set<String> {
    let text = try String(contentsOf: file, encoding: .utf8)
    var modules: Set<String> = []
    for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index <= 2, index + 1 < words.count,
            words[..<index].allSatisfy({
                ["package", "public", "internal", "@testable"].contains($0)
            })
        else { continue }
        modules.insert(String(words[index + 1].prefix { $0 != "." }))
    }
    return modules
}

@Suite struct ImportTests {
    private static let rooms: Set = [
        "Enrichment", "EmbeddedLog", "Ingest", "Edge", "Delivery", "Sinks", "Catalog", "ControlAPI",
        "Server",
    ]

    /// What each target may import of ours; ARCHITECTURE.md draws it.
    private static let arrows: [String: Set<String>] = [
        "ClickModel": [],
        "Enrichment": ["ClickModel"],
        "EmbeddedLog": ["ClickModel"],
        "Ingest": ["ClickModel"],
        "Edge": ["ClickModel"],
        "Delivery": ["ClickModel"],
        "Sinks": ["ClickModel"],
        "Catalog": ["ClickModel"],
        "ControlAPI": ["ClickModel", "Catalog"],
        "ClickstreamReceiver": [],
        "Server": rooms.union(["ClickModel", "ClickstreamReceiver"]).subtracting(["Server"]),
        "clickstream": ["ClickModel", "Server"],
        "TestKit": ["ClickModel"],
    ]

    /// What a room may import from outside beside the toolchain's own modules.
    private static let outside: [String: Set<String>] = [
        "ClickModel": ["CLinux"],
        "Enrichment": ["CLinux", "CMaxMindDB", "CRegexSet"],
        "EmbeddedLog": ["CLinux", "CZstd", "GRDB", "GRDBSQLite"],
        "Ingest": ["Logging"],
        "Edge": ["CLinux", "NIOCore", "NIOPosix"],
        "Delivery": ["Logging"],
        "Sinks": ["CZlib", "Crypto", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "NIOTLS"],
        "Catalog": ["Crypto", "GRDB"],
        "ClickstreamReceiver": ["Crypto"],
        "ControlAPI": [
            "Crypto", "HTTPTypes", "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle", "Yams",
        ],
        "TestKit": ["Testing"],
    ]

    private static let toolchain: Set = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "Synchronization",
        "Glibc", "Darwin", "Swift",
    ]

    @Test(arguments: arrows.keys.sorted())
    func `imports follow the arrows`(_ target: String) throws {
        let files = swiftFiles(in: "Sources/\(target)")
        #expect(!files.isEmpty)
        let ours = Self.rooms.union([
            "ClickModel", "ClickstreamReceiver", "TestKit", "clickstream",
        ])
        for file in files {
            let modules = try imports(of: file)
            let wrong = modules.intersection(ours).subtracting(Self.arrows[target] ?? [])
            #expect(wrong.isEmpty, "\(file.lastPathComponent) imports \(wrong.sorted())")
            guard let allowed = Self.outside[target] else { continue }
            let foreign = modules.subtracting(ours).subtracting(Self.toolchain).subtracting(allowed)
            #expect(foreign.isEmpty, "\(file.lastPathComponent) imports \(foreign.sorted())")
        }
    }

    @Test func `every target has its row`() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: repository.appending(path: "Sources").path
        )
        #expect(
            Set(
                folders.filter {
                    !$0.hasPrefix("C") || $0.hasPrefix("Ca") || $0.hasPrefix("Cl")
                        || $0.hasPrefix("Co")
                }
            ) == Set(Self.arrows.keys)
        )
    }
}

@Suite struct TidyTests {
    @Test func `every kind of sink has its page`() throws {
        let registry = try String(
            contentsOf: repository.appending(path: "Sources/Sinks/SinkRegistry.swift"),
            encoding: .utf8
        )
        let providers = registry.matches(of: /(\w+)Provider\(/).map { $0.1.lowercased() }
        #expect(!providers.isEmpty)
        for kind in providers {
            let page = repository.appending(path: "docs/destinations/\(kind).md")
            #expect(
                FileManager.default.fileExists(atPath: page.path),
                "docs/destinations/\(kind).md"
            )
        }
    }

    @Test func `the changelog has a heading for what is not released`() throws {
        let text = try String(
            contentsOf: repository.appending(path: "CHANGELOG.md"),
            encoding: .utf8
        )
        #expect(text.contains("## [Unreleased]"))
    }

    @Test func `no file is large`() throws {
        let files = FileManager.default.enumerator(
            at: repository,
            includingPropertiesForKeys: [.fileSizeKey],
            options: [.skipsHiddenFiles]
        )
        for case let file as URL in files ?? FileManager.DirectoryEnumerator() {
            let path = file.path.dropFirst(repository.path.count)
            if path.hasPrefix("/data/") { continue }
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            #expect(size < 256 << 10, "\(path) has \(size) bytes")
        }
    }

    @Test func `no force tries, and traps only where a comment says why`() throws {
        for target in [
            "Edge", "Enrichment", "ClickModel", "ClickstreamReceiver", "EmbeddedLog", "ControlAPI",
            "Sinks",
        ] {
            for file in swiftFiles(in: "Sources/\(target)") {
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(!text.contains("try!"), "\(file.lastPathComponent)")
                #expect(!text.contains("fatalError("), "\(file.lastPathComponent)")
            }
        }
    }
}
