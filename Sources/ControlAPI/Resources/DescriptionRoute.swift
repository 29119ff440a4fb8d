import ClickModel
import Hummingbird
import Yams

/// `GET /openapi.json`: the API's description (OpenAPI 3.1), as it stands in the sources.
struct DescriptionRoute {
    func add(to routes: Routes) {
        routes.get("openapi.json", .open) { _, _ in Response.json(try APIDescription.shared.get()) }
    }
}

/// The API's description: `Description/openapi.yaml`.
enum APIDescription {
    /// Read once, when it is asked for first.
    static let shared = Result {
        let text = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
        guard let node = try Yams.compose(yaml: text) else { throw APIError.noRoute }
        return json(node)
    }

    private static func json(_ node: Node) -> JSON {
        switch node {
        case .mapping(let mapping):
            return .object(
                mapping.map { .init(name: $0.key.string ?? "", value: json($0.value)) }
            )
        case .sequence(let sequence): return .array(sequence.map(json))
        case .alias: return .null
        case .scalar(let scalar):
            guard scalar.style == .plain else { return .string(scalar.string) }
            if let flag = node.bool { return .bool(flag) }
            if let number = node.int { return .integer(number) }
            if let number = node.float { return .decimal(number) }
            return node.null == nil ? .string(scalar.string) : .null
        }
    }
}
