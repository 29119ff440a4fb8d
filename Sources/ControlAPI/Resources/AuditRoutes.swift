import Catalog
import ClickModel
import Hummingbird

/// `GET /v1/audit`: who changed what, newest first.
struct AuditRoutes {
    private static let mostItems = 100

    private let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/audit", .own) { request, context in
            let entries = try await surroundings.catalog.audit(
                of: try await workspace(request, context),
                before: try request.number(query: "last"),
                limit: try request.limit(atMost: Self.mostItems, unless: 25)
            )
            return Response.json(.array(entries.map(Self.answer)))
        }
    }

    /// The admin key that names no workspace sees what happened in all of them.
    private func workspace(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Workspace? {
        if case .administrator = try context.requireCaller(),
            request.wantedWorkspace == nil
        {
            return nil
        }
        return try await surroundings.workspace(of: request, context)
    }

    private static func answer(_ entry: AuditEntry) -> JSON {
        [
            "id": .string("\(entry.number)"),
            "at": .moment(entry.at),
            "actor": [
                "type": entry.actor.keyID == nil ? "admin" : "key",
                "id": .text(entry.actor.keyID),
                "name": .text(entry.actor.keyName),
            ],
            "action": .string(entry.action),
            "target": [
                "type": .string(entry.target),
                "id": .text(entry.targetID),
                "name": .text(entry.targetName),
            ],
            "workspace": .text(entry.workspaceID),
            "details": (try? JSONReader.read(Array(entry.details.utf8))) ?? .object([]),
            "requestId": .text(entry.actor.request),
        ]
    }
}
