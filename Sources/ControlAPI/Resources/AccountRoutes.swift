import Catalog
import Hummingbird

/// `GET /v1/account`.
struct AccountRoutes {
    private let catalog: Catalog

    init(_ surroundings: Surroundings) { catalog = surroundings.catalog }

    func add(to router: Router<ControlContext>) {
        router.get("v1/account") { [catalog] _, _ in
            let account = try await catalog.account()
            return Response.json([
                "id": .string(account.id),
                "username": .string(account.name),
                "fullName": .string(account.name),
                "createdAt": .moment(account.createdAt),
            ])
        }
    }
}
