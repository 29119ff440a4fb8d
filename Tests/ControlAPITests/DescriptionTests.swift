import Foundation
import HTTPTypes
import Testing

@testable import ControlAPI

@Suite struct DescriptionTests {
    @Test func `the description has every route with what it asks for, and no other`() async throws
    {
        try await withAPI { client, world in
            let described = try await client.call(.get, "/openapi.json", key: nil)
            #expect(described.status == 200)
            #expect(described.string("openapi") == "3.1.0")
            let paths = try #require(described["paths"] as? [String: [String: [String: Any]]])
            var inDescription: Set<String> = []
            for (path, operations) in paths {
                for (method, operation) in operations {
                    let access = try #require(operation["x-access"] as? String)
                    inDescription.insert("\(method.uppercased()) \(path) \(access)")
                }
            }
            let routes = world.api().makeRoutes()
            let inCode = routes.access.map { route in
                let path = route.path.split(separator: "/")
                    .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
                    .joined(separator: "/")
                return "\(route.method.rawValue) /\(path) \(route.access.rawValue)"
            }
            #expect(Set(inCode).subtracting(inDescription).sorted() == [])
            #expect(inDescription.subtracting(inCode).sorted() == [])
            #expect(Set(inCode).count == inCode.count)
        }
    }

    @Test func `operations have ids of their own`() async throws {
        try await withAPI { client, _ in
            let described = try await client.call(.get, "/openapi.json", key: nil)
            let paths = try #require(described["paths"] as? [String: [String: [String: Any]]])
            let ids = paths.values.flatMap { $0.values.compactMap { $0["operationId"] as? String } }
            #expect(ids.count > 80)
            #expect(Set(ids).count == ids.count)
        }
    }
}
