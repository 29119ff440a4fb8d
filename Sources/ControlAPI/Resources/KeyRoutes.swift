import Catalog
import ClickModel
import Hummingbird

/// `/v1/keys`: keys to the request's workspace.
struct KeyRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/keys", .own) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let keys = try await catalog.keys(in: workspace, request.page())
            return Response.json(.array(keys.map(Self.answer)))
        }
        routes.get("v1/keys/count", .own) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.count(try await catalog.keyCount(in: workspace))
        }
        routes.get("v1/keys/:id", .own) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let key = try await catalog.key(id: context.path("id"), in: workspace)
            return Response.json(Self.answer(key))
        }
        routes.post("v1/keys", .own) { try await create($0, $1) }
        routes.delete("v1/keys/:id", .own) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let key = try await catalog.deleteKey(id: context.path("id"), in: workspace)
            return Response.json(Self.answer(key))
        }
    }

    /// Answers with the key in clear, this once.
    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let name = fields.required("name")
        let scope = fields.string("scope").map { AccessKey.Scope(rawValue: $0) } ?? .owner
        if scope == nil {
            let known = AccessKey.Scope.allCases.map(\.rawValue).joined(separator: ", ")
            fields.note("scope", "InvalidFormat", "must be one of: \(known)")
        }
        var expiresAt: Timestamp?
        if let text = fields.string("expiresAt") {
            expiresAt = Timestamp(text)
            if expiresAt == nil {
                fields.note("expiresAt", "InvalidFormat", "must be a moment of RFC 3339")
            }
        }
        // A key that ends must not make one that outlives it.
        if case .key(let own) = try context.requireCaller(), let end = own.expiresAt {
            if let wanted = expiresAt, wanted > end {
                fields.note(
                    "expiresAt",
                    "InvalidFormat",
                    "must not be after the end of your own key"
                )
            }
            expiresAt = min(expiresAt ?? end, end)
        }
        try fields.check()
        let made = try await catalog.createKey(
            name: name,
            scope: scope ?? .reader,
            expiresAt: expiresAt,
            in: workspace
        )
        let key = JSON.Member(name: "key", value: .string(made.key))
        return .json(.object(Self.members(made.record) + [key]))
    }

    static func answer(_ key: AccessKey) -> JSON { .object(members(key)) }

    private static func members(_ key: AccessKey) -> [JSON.Member] {
        [
            .init(name: "id", value: .string(key.id)),
            .init(name: "name", value: .string(key.name)),
            .init(name: "scope", value: .string(key.scope.rawValue)),
            .init(name: "lastFour", value: .string(key.lastFour)),
            .init(name: "createdAt", value: .moment(key.createdAt)),
            .init(name: "expiresAt", value: key.expiresAt.map { .moment($0) } ?? .null),
        ]
    }
}
