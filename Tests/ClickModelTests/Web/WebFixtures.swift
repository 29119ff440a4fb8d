import Foundation

/// Rows of the URL fixtures that `CONFORMANCE` points at; tests that need them skip where it doesn't.
enum WebFixtures {
    static let folder: URL? = {
        guard let root = ProcessInfo.processInfo.environment["CONFORMANCE"] else { return nil }
        let folder = URL(filePath: root).appending(path: "fixtures/url")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static let areThere = folder != nil

    struct Row: Decodable {
        let id: String
        let input: String
        let base: String?
        let expected: Expected
        let original: Original?

        struct Expected: Decodable {
            let failure: Bool?
            let href: String?
            let hostname: String?
            let path: String?
            let query: [String: [String]]?

            enum CodingKeys: String, CodingKey {
                case failure, href, hostname, path
                case query = "params.query"
            }
        }

        struct Original: Decodable {
            let pairs: [[String]]?
        }
    }

    static func rows(_ name: String) throws -> [Row] {
        guard let folder else { return [] }
        let data = try Data(contentsOf: folder.appending(path: name))
        let decoder = JSONDecoder()
        return try data.split(separator: 0x0A).map { try decoder.decode(Row.self, from: $0) }
    }
}
