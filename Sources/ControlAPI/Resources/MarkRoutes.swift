import Catalog
import HTTPTypes
import Hummingbird

/// `/v1/tags` and `/v1/scripts`, and those of a link.
struct MarkRoutes {
    private let kind: Mark.Kind
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }
    /// The member that is a tag's colour, or a script's text.
    private var member: String { kind == .tag ? "color" : "value" }

    init(_ kind: Mark.Kind, _ surroundings: Surroundings) {
        (self.kind, self.surroundings) = (kind, surroundings)
    }

    func add(to routes: Routes) {
        let base = "v1/\(kind.rawValue)s"
        routes.get(base, .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let page = try request.page(orderedBy: .name)
            return Response.json(
                .array(try await catalog.marks(kind, in: workspace, page).map(Self.answer(kind)))
            )
        }
        routes.get("\(base)/count", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.count(try await catalog.markCount(kind, in: workspace))
        }
        routes.get("\(base)/:id", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return answer(try await catalog.mark(kind, id: context.path("id"), in: workspace))
        }
        routes.post(base, .edit) { try await create($0, $1) }
        routes.post("\(base)/:id", .edit) { try await update($0, $1) }
        routes.delete("\(base)/:id", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return answer(try await catalog.deleteMark(kind, id: context.path("id"), in: workspace))
        }
        let ofLink = "v1/links/:id/\(kind.rawValue)s"
        routes.get(ofLink, .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let marks = try await catalog.marks(kind, ofLink: context.path("id"), in: workspace)
            return Response.json(.array(marks.map(Self.answer(kind))))
        }
        routes.post("\(ofLink)/:mark", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let (link, id) = (context.path("id"), context.path("mark"))
            return answer(
                try await catalog.attach(kind, id: id, toLink: link, in: workspace)
            )
        }
        routes.delete("\(ofLink)/:mark", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let (link, id) = (context.path("id"), context.path("mark"))
            return answer(
                try await catalog.detach(kind, id: id, fromLink: link, in: workspace)
            )
        }
    }

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let name = fields.required("name")
        let value = value(fields) ?? Mark.plainColor
        if kind == .script, !fields.has(member) {
            fields.note(member, "RequiredField", "is required")
        }
        try fields.check()
        return answer(
            try await catalog.createMark(kind, name: name, value: value, in: workspace)
        )
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let name = fields.string("name")
        let value = value(fields)
        try fields.check()
        return answer(
            try await catalog.updateMark(
                kind,
                id: context.path("id"),
                name: name,
                value: value,
                in: workspace
            )
        )
    }

    /// A colour is kept without the number sign that some clients put before it.
    private func value(_ fields: Fields) -> String? {
        let text = fields.string(member)
        guard kind == .tag, let text, text.hasPrefix("#") else { return text }
        return String(text.dropFirst())
    }

    private func answer(_ mark: Mark) -> Response { .json(Self.answer(kind)(mark)) }

    static func answer(_ kind: Mark.Kind) -> @Sendable (Mark) -> JSON {
        { mark in
            [
                "id": .string(mark.id),
                "name": .string(mark.name),
                kind == .tag ? "color" : "value": .string(mark.value),
                "createdAt": .moment(mark.createdAt),
                "updatedAt": .moment(mark.updatedAt),
            ]
        }
    }
}
