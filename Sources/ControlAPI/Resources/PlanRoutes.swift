import Catalog
import Hummingbird

/// `/v1/plans`, what workspaces may have: everybody may read them, the admin key edits.
struct PlanRoutes {
    private let catalog: Catalog
    private static let limits = 0...1_000_000_000

    init(_ surroundings: Surroundings) { catalog = surroundings.catalog }

    func add(to routes: Routes) {
        routes.get("v1/plans", .read) { request, _ -> Response in
            return .json(.array(try await catalog.plans(request.page()).map(Self.answer)))
        }
        routes.get("v1/plans/count", .read) { _, _ -> Response in
            return .count(try await catalog.planCount())
        }
        routes.get("v1/plans/:id", .read) { _, context -> Response in
            return .json(Self.answer(try await catalog.plan(Self.id(context))))
        }
        routes.post("v1/plans", .administer) { request, context -> Response in
            let fields = try await Fields.read(request, context)
            _ = fields.required("name")
            let edit = try Self.edit(fields)
            return .json(Self.answer(try await catalog.createPlan(edit)))
        }
        routes.post("v1/plans/:id", .administer) { request, context -> Response in
            let edit = try Self.edit(try await Fields.read(request, context))
            return .json(Self.answer(try await catalog.updatePlan(Self.id(context), edit)))
        }
        routes.delete("v1/plans/:id", .administer) { _, context -> Response in
            return .json(Self.answer(try await catalog.deletePlan(Self.id(context))))
        }
    }

    private static func id(_ context: ControlContext) -> String {
        context.parameters.get("id") ?? ""
    }

    private static func edit(_ fields: Fields) throws -> PlanEdit {
        var edit = PlanEdit(name: fields.string("name"), isStandard: fields.bool("default"))
        edit.features = features(fields)
        if let limits = fields.object("limits") {
            edit.streams = limit("streams", limits)
            edit.links = limit("links", limits)
            edit.events = limit("events", limits)
            for name in limits.names where !["streams", "links", "events"].contains(name) {
                limits.note(name, "InvalidFormat", "is not known")
            }
            fields.absorb(limits)
        }
        for name in fields.names where !["name", "features", "limits", "default"].contains(name) {
            fields.note(name, "InvalidFormat", "is not known")
        }
        try fields.check()
        return edit
    }

    private static func features(_ fields: Fields) -> Set<PlanFeature>? {
        guard let value = fields.value("features") else { return nil }
        let known = PlanFeature.allCases.map(\.rawValue).joined(separator: ", ")
        var features: Set<PlanFeature> = []
        guard case .array(let elements) = value else {
            fields.note("features", "InvalidFormat", "must be a list of: \(known)")
            return nil
        }
        for element in elements {
            guard case .string(let name) = element, let feature = PlanFeature(rawValue: name)
            else {
                fields.note("features", "InvalidFormat", "must be a list of: \(known)")
                return nil
            }
            features.insert(feature)
        }
        return features
    }

    /// A limit that is given; null takes it away.
    private static func limit(_ name: String, _ fields: Fields) -> Int?? {
        if fields.isNull(name) { return .some(nil) }
        return fields.integer(name, in: limits).map { .some($0) }
    }

    private static func answer(_ plan: Plan) -> JSON {
        [
            "id": .string(plan.id),
            "name": .string(plan.name),
            "features": .array(
                PlanFeature.allCases.filter(plan.features.contains).map { .string($0.rawValue) }
            ),
            "limits": [
                "streams": plan.streams.map { .integer($0) } ?? .null,
                "links": plan.links.map { .integer($0) } ?? .null,
                "events": plan.events.map { .integer($0) } ?? .null,
            ],
            "default": .bool(plan.isStandard),
            "createdAt": .moment(plan.createdAt),
            "updatedAt": .moment(plan.updatedAt),
        ]
    }
}
