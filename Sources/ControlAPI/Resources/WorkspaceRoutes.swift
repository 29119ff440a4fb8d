import Catalog
import ClickModel
import Hummingbird

/// `/v1/workspaces`: the admin key's are all, another key's is its own.
///
/// `/v1/account/workspaces` is the same list, as the API that we follow has it too.
struct WorkspaceRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/workspaces", .read) { try await list($0, $1) }
        routes.get("v1/account/workspaces", .read) { try await list($0, $1) }
        routes.get("v1/workspaces/count", .read) { try await count($0, $1) }
        routes.get("v1/workspaces/:id", .read) { _, context -> Response in
            .json(try await answer(find(context)))
        }
        routes.post("v1/workspaces", .administer) { try await create($0, $1) }
        routes.post("v1/workspaces/:id", .own) { try await update($0, $1) }
        routes.delete("v1/workspaces/:id", .administer) { _, context -> Response in
            let workspace = try await find(context)
            let answer = try await answer(workspace)
            _ = try await catalog.deleteWorkspace(id: workspace.id)
            await surroundings.reloadStreams()
            return .json(answer)
        }
        routes.get("v1/workspaces/:id/usage", .read) { _, context in
            let months = try await catalog.usage(of: find(context))
            return Response.json(.array(months.map(Self.answer)))
        }
        routes.get("v1/workspaces/:id/export", .own) { _, context in
            try await WorkspaceExport(surroundings, find(context)).response()
        }
        routes.get("v1/workspaces/:id/domains", .read) { request, context in
            let domains = try await catalog.domains(in: find(context), request.page())
            return Response.json(.array(domains.map(DomainRoutes.answer)))
        }
        routes.post("v1/workspaces/:id/domains/:domain", .administer) { _, context in
            let workspace = try await find(context)
            let domain = try await catalog.moveDomain(id: context.path("domain"), to: workspace)
            return Response.json(DomainRoutes.answer(domain))
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
        let fields = try await Fields.read(request, context)
        let name = fields.required("name")
        let plan = fields.string("plan")
        if let type = fields.string("type"), type != "classic" {
            fields.note("type", "InvalidFormat", "must be classic")
        }
        try fields.check()
        return .json(try await answer(catalog.createWorkspace(name: name, plan: plan)))
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await find(context)
        let fields = try await Fields.read(request, context)
        let name = fields.string("name")
        let plan = fields.plan()
        // Clients send a whole workspace back: its own plan is no change.
        let isOther = plan != nil && plan != workspace.planID && plan != workspace.planName
        if isOther { try context.requireAdministrator() }
        try fields.check()
        let updated = try await catalog.updateWorkspace(
            id: workspace.id,
            name: name,
            plan: isOther ? plan : nil
        )
        await surroundings.reloadStreams()
        return .json(try await answer(updated))
    }

    /// The workspace that the path names, where the caller may see it.
    private func find(_ context: ControlContext) async throws -> Workspace {
        let workspace = try await catalog.workspace(id: context.path("id"))
        if case .key(let key) = try context.requireCaller(), key.workspace != workspace.number {
            throw APIError.notFound("workspace")
        }
        return workspace
    }

    private func answer(_ workspace: Workspace) async throws -> JSON {
        let main = try await catalog.mainWorkspace()
        return [
            "id": .string(workspace.id),
            "name": .string(workspace.name),
            "type": "classic",
            "default": .bool(workspace.number == main.number),
            "role": "owner",
            "teammates": .integer(1),
            "avatarUrl": "",
            "plan": ["id": .string(workspace.planID), "name": .string(workspace.planName)],
            "links": .integer(workspace.links),
            "domains": .integer(try await catalog.domainCount(in: workspace)),
            "usage": [
                "month": .string(Timestamp.now.month),
                "events": .integer(try await catalog.usageOfThisMonth(of: workspace)),
            ],
            "createdAt": .moment(workspace.createdAt),
            "updatedAt": .moment(workspace.updatedAt),
        ]
    }

    static func answer(_ usage: MonthlyUsage) -> JSON {
        ["month": .string(usage.month), "events": .integer(usage.events)]
    }
}

extension Fields {
    /// A plan by its id or name, or as answers show it.
    fileprivate func plan() -> String? {
        guard case .object? = value("plan") else { return string("plan") }
        guard let plan = object("plan") else { return nil }
        defer { absorb(plan) }
        return plan.string("id") ?? plan.string("name")
    }
}
