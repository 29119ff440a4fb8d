import Catalog
import ClickModel
import Hummingbird

/// What links have beside where they lead: `/v1/links/{id}/rules` and `.../opengraph`.
struct LinkExtraRoutes {
    private static let mostValues = 250
    private static let mostConditions = 16
    private static let longestValue = 64
    private static let longestText = 2048

    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/links/:id/rules", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let rules = try await catalog.rules(ofLink: context.path("id"), in: workspace)
            return Response.json(.array(rules.map(Self.answer)))
        }
        routes.get("v1/links/:id/rules/:rule", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let rule = try await catalog.rule(
                context.path("rule"),
                ofLink: context.path("id"),
                in: workspace
            )
            return Response.json(Self.answer(rule))
        }
        routes.post("v1/links/:id/rules", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let fields = try await Fields.read(request, context)
            _ = fields.required("destination")
            if !fields.has("condition") { fields.note("condition", "RequiredField", "is required") }
            let edit = try Self.edit(fields)
            return Response.json(
                Self.answer(
                    try await catalog.createRule(ofLink: context.path("id"), in: workspace, edit)
                )
            )
        }
        routes.post("v1/links/:id/rules/:rule", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let edit = try Self.edit(try await Fields.read(request, context))
            let rule = try await catalog.updateRule(
                context.path("rule"),
                ofLink: context.path("id"),
                in: workspace,
                edit
            )
            return Response.json(Self.answer(rule))
        }
        routes.delete("v1/links/:id/rules/:rule", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let rule = try await catalog.deleteRule(
                context.path("rule"),
                ofLink: context.path("id"),
                in: workspace
            )
            return Response.json(Self.answer(rule))
        }
        routes.get("v1/links/:id/opengraph", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let preview = try await catalog.preview(ofLink: context.path("id"), in: workspace)
            return Response.json(preview.map(Self.answer) ?? .object([]))
        }
        routes.post("v1/links/:id/opengraph", .edit) { try await setPreview($0, $1) }
        routes.delete("v1/links/:id/opengraph", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            try await catalog.setPreview(nil, ofLink: context.path("id"), in: workspace)
            return Response.json(.object([]))
        }
    }

    // MARK: - Previews

    private func setPreview(_ request: Request, _ context: ControlContext) async throws -> Response
    {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let title = fields.required("title")
        let texts = ["description", "image", "type", "locale"].map { fields.string($0) ?? "" }
        for (name, text) in zip(
            ["title", "description", "image", "type", "locale"],
            [title] + texts
        )
        where text.utf8.count > Self.longestText {
            fields.note(name, "InvalidFormat", "has at most \(Self.longestText) bytes")
        }
        if !texts[1].isEmpty, WebURL(texts[1]) == nil {
            fields.note("image", "InvalidFormat", "must be an absolute http or https URL")
        }
        try fields.check()
        let preview = LinkPreview(
            title: title,
            description: texts[0],
            image: texts[1],
            type: texts[2],
            locale: texts[3]
        )
        try await catalog.setPreview(preview, ofLink: context.path("id"), in: workspace)
        return .json(Self.answer(preview))
    }

    static func answer(_ preview: LinkPreview) -> JSON {
        [
            "title": .string(preview.title),
            "description": .string(preview.description),
            "image": .string(preview.image),
            "type": .string(preview.type),
            "locale": .string(preview.locale),
        ]
    }

    // MARK: - Rules

    private static func edit(_ fields: Fields) throws -> LinkRuleEdit {
        let edit = LinkRuleEdit(
            destination: fields.string("destination"),
            conditions: conditions(fields),
            order: fields.integer("order", in: 1...1000)
        )
        try fields.check()
        return edit
    }

    /// `{"and":[{"property","operator","values"}]}`.
    private static func conditions(_ fields: Fields) -> [RoutingRule.Condition]? {
        guard let condition = fields.object("condition") else { return nil }
        defer { fields.absorb(condition) }
        guard case .array(let elements)? = condition.value("and"),
            (1...mostConditions).contains(elements.count), condition.names == ["and"]
        else {
            condition.note(
                "and",
                "InvalidFormat",
                "a condition is {\"and\":[...]} of 1 to \(mostConditions) parts"
            )
            return nil
        }
        let conditions = elements.enumerated().compactMap {
            index,
            element -> RoutingRule.Condition? in
            guard case .object(let members) = element else {
                condition.note("and", "InvalidFormat", "must be a list of objects")
                return nil
            }
            let part = Fields(members, prefix: "condition.and[\(index)].")
            defer { condition.absorb(part) }
            return Self.condition(part)
        }
        guard conditions.reduce(0, { $0 + $1.values.count }) <= mostValues else {
            condition.note(
                "and",
                "InvalidFormat",
                "the parts of a condition have at most \(mostValues) values between them"
            )
            return nil
        }
        return conditions
    }

    private static func condition(_ part: Fields) -> RoutingRule.Condition? {
        let known = RoutingRule.Condition.Property.allCases.map(\.rawValue).joined(separator: ", ")
        let property = RoutingRule.Condition.Property(rawValue: part.required("property"))
        if property == nil { part.note("property", "InvalidFormat", "must be one of: \(known)") }
        let isNegated: Bool? =
            switch part.required("operator") {
            case "in": false
            case "not in": true
            default: nil
            }
        if isNegated == nil { part.note("operator", "InvalidFormat", "must be in or not in") }
        let values = part.strings("values", atMost: mostValues) ?? []
        if values.contains(where: { $0.utf8.count > longestValue }) {
            part.note("values", "InvalidFormat", "a value has at most \(longestValue) bytes")
        }
        if let property, let problem = problem(with: values, of: property) {
            part.note("values", "InvalidFormat", problem)
        }
        if values.isEmpty { part.note("values", "RequiredField", "is a list of one text at least") }
        guard let property, let isNegated else { return nil }
        return RoutingRule.Condition(
            property,
            isNegated: isNegated,
            values: values.map { $0.lowercased() }
        )
    }

    /// What keeps values from ever being met; nil for nothing.
    private static func problem(
        with values: [String],
        of property: RoutingRule.Condition.Property
    ) -> String? {
        func areLetters(_ lengths: ClosedRange<Int>) -> Bool {
            values.allSatisfy {
                lengths.contains($0.utf8.count)
                    && $0.lowercased().utf8.allSatisfy { 0x61...0x7A ~= $0 }
            }
        }
        switch property {
        case .country: return areLetters(2...2) ? nil : "holds codes of two letters, such as br"
        case .language:
            return areLetters(2...3) ? nil : "holds codes of two or three letters, such as pt"
        case .device:
            return values.allSatisfy { devices.contains($0.lowercased()) }
                ? nil : "holds names as in events: \(devices.joined(separator: ", "))"
        case .system: return nil
        }
    }

    /// `client.agent.device.name` of events.
    private static let devices = [
        "smartphone", "tablet", "desktop", "smart-tv", "game-console", "wearable-computer",
        "feature-phone", "pda", "car", "smart-speaker", "smart-display",
        "portable-media-player", "camera", "e-reader",
    ]

    static func answer(_ rule: LinkRule) -> JSON {
        let conditions = rule.conditions.map { condition -> JSON in
            [
                "property": .string(condition.property.rawValue),
                "operator": condition.isNegated ? "not in" : "in",
                "values": .array(condition.values.map { .string($0) }),
            ]
        }
        return [
            "id": .string(rule.id),
            "destination": .string(rule.destination),
            "condition": ["and": .array(conditions)],
            "createdAt": .moment(rule.createdAt),
            "updatedAt": .moment(rule.updatedAt),
        ]
    }
}
