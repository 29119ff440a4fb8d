import Hummingbird

/// `GET /health/live` and `GET /health/ready`.
struct HealthRoutes {
    private let health: @Sendable () async -> HealthReport

    init(_ surroundings: Surroundings) { health = surroundings.health }

    func add(to routes: Routes) {
        routes.get("health/live", .open) { _, _ in Response.json(["status": "live"]) }
        routes.get("health/ready", .open) { [health] _, _ in
            let problems = await health().problems
            guard !problems.isEmpty else { return Response.json(["status": "ready"]) }
            return Response.json(
                [
                    "status": "unavailable",
                    "reasons": .array(problems.map { .string($0) }),
                ],
                status: .serviceUnavailable
            )
        }
    }
}
