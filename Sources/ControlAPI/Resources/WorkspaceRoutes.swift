import Catalog
import Hummingbird

/// `/v1/workspaces`: the admin key's are all, another key's is its own.
struct WorkspaceRoutes {
    private let catalog: Catalog

    init(_ surroundings: Surroundings) { catalog = surroundings.catalog }

    func add(to router: Router<ControlContext>) {
        router.get("v1/workspaces") { try await list($0, $1) }
        router.get("v1/workspaces/count") { try await count($0, $1) }
        router.get("v1/workspaces/:id") { _, context -> Response in
            .json(try await answer(find(context)))
        }
        router.post("v1/workspaces") { try await create($0, $1) }
        router.post("v1/workspaces/:id") { try await update($0, $1) }
        router.delete("v1/workspaces/:id") { _, context -> Response in
            try context.requireAdministrator()
            let workspace = try await find(context)
            let answer = try await answer(workspace)
            _ = try await catalog.deleteWorkspace(id: workspace.id)
            return .json(answer)
        }
    }

    private func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let page = try request.page()
        let workspaces =
            switch try context.requireCaller() {
            case .administrator: try await catalog.workspaces(page)
            case .key(let key):
                page.last == nil ? [try await catalog.workspace(number: key.workspace)] : []
            }
        var answers: [JSON] = []
        for workspace in workspaces { answers.append(try await answer(workspace)) }
        return .json(.array(answers))
    }

    private func count(_ request: Request, _ context: ControlContext) async throws -> Response {
        guard case .administrator = try context.requireCaller() else { return .count(1) }
        return .count(try await catalog.workspaceCount())
    }

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.requireAdministrator()
        let fields = try await Fields.read(request)
        let name = fields.required("name")
        let plan = fields.string("plan")
        try fields.check()
        // Before there is a workspace that would be left without it.
        if let plan { _ = try await catalog.plan(plan) }
        let made = try await catalog.createWorkspace(name: name)
        guard let plan else { return .json(try await answer(made)) }
        return .json(try await answer(catalog.assignPlan(plan, to: made.id)))
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await find(context)
        let fields = try await Fields.read(request)
        let name = fields.string("name") ?? workspace.name
        let plan = fields.string("plan")
        if plan != nil { try context.requireAdministrator() }
        try fields.check()
        if let plan { _ = try await catalog.plan(plan) }
        let renamed = try await catalog.renameWorkspace(id: workspace.id, to: name)
        guard let plan else { return .json(try await answer(renamed)) }
        return .json(try await answer(catalog.assignPlan(plan, to: workspace.id)))
    }

    /// The workspace that the path names, where the caller may see it.
    private func find(_ context: ControlContext) async throws -> Workspace {
        let workspace = try await catalog.workspace(id: context.parameters.get("id") ?? "")
        if case .key(let key) = try context.requireCaller(), key.workspace != workspace.number {
            throw APIError.notFound("workspace")
        }
        return workspace
    }

    private func answer(_ workspace: Workspace) async throws -> JSON {
        [
            "id": .string(workspace.id),
            "name": .string(workspace.name),
            "plan": ["id": .string(workspace.planID), "name": .string(workspace.planName)],
            "links": .integer(try await catalog.linkCount(in: workspace)),
            "domains": .integer(try await catalog.domainCount(in: workspace)),
            "createdAt": .moment(workspace.createdAt),
            "updatedAt": .moment(workspace.updatedAt),
        ]
    }
}
