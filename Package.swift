// swift-tools-version: 6.2
import PackageDescription

// Targets stand in the order data flows. Every room imports ClickModel and no other room; only
// Server knows them all. ControlAPI -> Catalog is the one exception. ClickstreamReceiver is for
// others' programs, and imports nothing of ours. TidyTests holds the arrows.
let package = Package(
    name: "clickstream",
    products: [
        .executable(name: "clickstream", targets: ["clickstream"]),
        .library(name: "ClickstreamReceiver", targets: ["ClickstreamReceiver"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "ClickModel", dependencies: ["CLinux"]),
        .systemLibrary(name: "CLinux"),

        .systemLibrary(
            name: "CMaxMindDB",
            pkgConfig: "libmaxminddb",
            providers: [.apt(["libmaxminddb-dev"])]
        ),
        .target(name: "CRegexSet", linkerSettings: [.linkedLibrary("re2")]),
        .target(
            name: "Enrichment",
            dependencies: ["ClickModel", "CLinux", "CMaxMindDB", "CRegexSet"],
            exclude: ["Data/README.md"],
            resources: ["apps", "browsers", "devices", "referrers", "systems", "words"].map {
                .embedInCode("Data/\($0).txt")
            }
        ),

        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "EmbeddedLog",
            dependencies: [
                "ClickModel", "CLinux", "CZstd", .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),

        .target(
            name: "Ingest",
            dependencies: ["ClickModel", .product(name: "Logging", package: "swift-log")]
        ),

        .target(
            name: "Edge",
            dependencies: [
                "ClickModel", "CLinux",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        .target(
            name: "Delivery",
            dependencies: ["ClickModel", .product(name: "Logging", package: "swift-log")]
        ),

        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "Sinks",
            dependencies: [
                "ClickModel", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),

        .target(
            name: "ClickstreamReceiver",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")]
        ),

        .target(
            name: "Catalog",
            dependencies: [
                "ClickModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),

        .target(
            name: "ControlAPI",
            dependencies: [
                "ClickModel", "Catalog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Description/openapi.yaml")]
        ),

        .target(
            name: "Server",
            dependencies: [
                "ClickModel", "CLinux", "Enrichment", "EmbeddedLog", "Ingest", "Edge", "Delivery",
                "Sinks", "Catalog", "ControlAPI", "ClickstreamReceiver",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),

        .executableTarget(
            name: "clickstream",
            dependencies: [
                "ClickModel", "Server",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),

        .executableTarget(
            name: "example-receiver",
            dependencies: [
                "ClickstreamReceiver",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "examples/swift"
        ),

        .executableTarget(
            name: "enrichment-benchmark",
            dependencies: ["ClickModel", "Enrichment"],
            path: "Benchmarks/Enrichment"
        ),
        .executableTarget(
            name: "log-benchmark",
            dependencies: ["ClickModel", "EmbeddedLog"],
            path: "Benchmarks/Log"
        ),
        .systemLibrary(name: "CEpoll", path: "Benchmarks/CEpoll"),
        .executableTarget(
            name: "bench-load",
            dependencies: ["CEpoll"],
            path: "Benchmarks/Load"
        ),

        .target(name: "TestKit", dependencies: ["ClickModel"], path: "Sources/TestKit"),

        .testTarget(name: "ClickModelTests", dependencies: ["ClickModel", "TestKit"]),
        .testTarget(
            name: "EnrichmentTests",
            dependencies: ["CMaxMindDB", "ClickModel", "Enrichment", "TestKit"]
        ),
        .testTarget(
            name: "EmbeddedLogTests",
            dependencies: [
                "ClickModel", "EmbeddedLog", "TestKit",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "ClickModel", "Ingest", "TestKit", .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "EdgeTests",
            dependencies: [
                "ClickModel", "Edge", "TestKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "ClickModel", "Delivery", "TestKit",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "SinksTests",
            dependencies: [
                "ClickModel", "CZlib", "Sinks", "TestKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "ClickstreamReceiverTests",
            dependencies: [
                "ClickstreamReceiver", .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        .testTarget(
            name: "CatalogTests",
            dependencies: ["ClickModel", "Catalog", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ClickModel", "Catalog", "ControlAPI", "TestKit",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "ClickModel", "Catalog", "ClickstreamReceiver", "ControlAPI", "Delivery", "Edge",
                "EmbeddedLog", "Enrichment", "Ingest", "Server", "Sinks", "TestKit",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Catalog", "ClickModel", "EmbeddedLog", "TestKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The fuzzer's program begins in libFuzzer: only `make soak-fuzz`, which brings that, can link it.
if Context.environment["FUZZING"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "ClickModel", "ClickstreamReceiver", "ControlAPI", "Edge", "EmbeddedLog",
                "Enrichment", "Server", "TestKit",
            ],
            path: "Tests/Fuzz",
            exclude: ["seeds.py"]
        )
    )
}

for target in package.targets where ![.system, .binary, .plugin].contains(target.type) {
    guard target.name != "CRegexSet" else { continue }
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
    // A product whose targets have unsafe flags can't be depended on by its version.
    guard target.name != "ClickstreamReceiver" else { continue }
    target.swiftSettings?.append(
        // Debug builds, which the unit tests run on, keep the run time's checks of exclusive access; what
        // a compiler can prove it refuses in both. On the path of a click they cost a twentieth.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
    )
}
