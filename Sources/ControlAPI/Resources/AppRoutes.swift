import Catalog
import Hummingbird

/// `/v1/apps`, what links may open on phones, and those of a link.
struct AppRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/apps", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let apps = try await catalog.apps(in: workspace, request.page())
            return Response.json(.array(apps.map(Self.answer)))
        }
        routes.get("v1/apps/:id", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.json(
                Self.answer(try await catalog.app(id: context.path("id"), in: workspace))
            )
        }
        routes.post("v1/apps", .edit) { try await create($0, $1) }
        routes.delete("v1/apps/:id", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.json(
                Self.answer(try await catalog.deleteApp(id: context.path("id"), in: workspace))
            )
        }
        routes.get("v1/links/:id/apps", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let apps = try await catalog.apps(ofLink: context.path("id"), in: workspace)
            return Response.json(.array(apps.map(Self.answer)))
        }
        routes.post("v1/links/:id/apps/:app", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let fields = try await Fields.read(request, context)
            let path = fields.required("path")
            try fields.check()
            let app = try await catalog.attachApp(
                context.path("app"),
                path: path,
                toLink: context.path("id"),
                in: workspace
            )
            return Response.json(Self.answer(app))
        }
        routes.delete("v1/links/:id/apps/:app", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let app = try await catalog.detachApp(
                context.path("app"),
                fromLink: context.path("id"),
                in: workspace
            )
            return Response.json(Self.answer(app))
        }
    }

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let name = fields.required("name")
        let (ios, android) = (fields.string("ios"), fields.string("android"))
        try fields.check()
        return .json(
            Self.answer(
                try await catalog.createApp(name: name, ios: ios, android: android, in: workspace)
            )
        )
    }

    static func answer(_ app: App) -> JSON {
        [
            "id": .string(app.id),
            "name": .string(app.name),
            "ios": .text(app.ios),
            "android": .text(app.android),
            "createdAt": .moment(app.createdAt),
            "updatedAt": .moment(app.updatedAt),
        ]
    }

    static func answer(_ app: LinkApp) -> JSON {
        [
            "id": .string(app.app.id),
            "name": .string(app.app.name),
            "active": true,
            "path": .string(app.path),
        ]
    }
}
