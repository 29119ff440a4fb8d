import Catalog
import Hummingbird

/// `GET /v1/account`: who the key acts for, and what the plan of its workspace allows.
struct AccountRoutes {
    /// What stands for no limit where clients expect a number: the largest that 32 bits hold.
    private static let noLimit = Int(Int32.max)

    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/account", .read) { request, context in
            let account = try await catalog.account()
            let workspace = try await surroundings.workspace(of: request, context)
            let plan = try await catalog.plan(workspace.planID)
            return Response.json([
                "id": .string(account.id),
                "username": .string(account.name),
                "email": "",
                "fullName": .string(account.name),
                "avatarUrl": "",
                "createdAt": .moment(account.createdAt),
                "subscription": try await subscription(workspace, plan, context),
            ])
        }
    }

    private func subscription(
        _ workspace: Workspace,
        _ plan: Plan,
        _ context: ControlContext
    ) async throws -> JSON {
        let features = PlanFeature.allCases.map {
            JSON.Member(name: $0.rawValue, value: .bool(plan.features.contains($0)))
        }
        let links: JSON = ["scripts": true, "tags": true]
        // How many others there are is the operator's to know.
        let workspaces =
            if case .administrator = try context.requireCaller() {
                try await catalog.workspaceCount()
            } else { 1 }
        return [
            "createdAt": .moment(workspace.createdAt),
            "category": .string(plan.name),
            "limits": [
                "links": Self.limit(workspace.links, plan.links),
                "domains": Self.limit(try await catalog.domainCount(in: workspace), nil),
                "workspaces": Self.limit(workspaces, nil),
                "teammates": Self.limit(1, nil),
                "tags": Self.limit(try await catalog.markCount(.tag, in: workspace), nil),
                "scripts": Self.limit(try await catalog.markCount(.script, in: workspace), nil),
                "streams": Self.limit(
                    try await catalog.streamCount(in: workspace),
                    plan.streams
                ),
                "events": Self.limit(
                    try await catalog.usageOfThisMonth(of: workspace),
                    plan.events
                ),
            ],
            "features": .object([JSON.Member(name: "links", value: links)] + features),
        ]
    }

    private static func limit(_ used: Int, _ most: Int?) -> JSON {
        let most = JSON.integer(most ?? noLimit)
        return ["used": .integer(used), "max": most, "included": most]
    }
}
