import Hummingbird

/// `GET /health/live` and `GET /health/ready`.
struct HealthRoutes {
    private let health: @Sendable () async -> HealthReport

    init(_ surroundings: Surroundings) { health = surroundings.health }

    func add(to router: Router<ControlContext>) {
        router.get("health/live") { _, _ in Response.json(["status": "live"]) }
        router.get("health/ready") { [health] _, _ in
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
