import Catalog
import Hummingbird

/// `/v1/domains`: the request's workspace's host names.
struct DomainRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/domains", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            guard try request.isOfOurs() else { return Response.json([]) }
            let domains = try await catalog.domains(in: workspace, request.page())
            return Response.json(.array(domains.map(Self.answer)))
        }
        routes.get("v1/domains/count", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            guard try request.isOfOurs() else { return Response.count(0) }
            return Response.count(try await catalog.domainCount(in: workspace))
        }
        routes.get("v1/domains/:id", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let id = DomainChoice.id(context.path("id"))
            return Response.json(Self.answer(try await catalog.domain(id, in: workspace)))
        }
        routes.post("v1/domains", .own) { try await create($0, $1) }
        routes.post("v1/domains/:id", .own) { try await update($0, $1) }
        routes.delete("v1/domains/:id", .own) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let id = context.path("id")
            return Response.json(
                Self.answer(try await catalog.deleteDomain(id: id, in: workspace))
            )
        }
    }

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let fullName = fields.required("fullName")
        let rootURL = fields.string("rootURL") ?? fields.string("customHomepage")
        let fallbackURL = fields.string("fallbackURL")
        try fields.check()
        let domain = try await catalog.createDomain(
            fullName: fullName,
            rootURL: rootURL,
            fallbackURL: fallbackURL,
            in: workspace
        )
        return .json(Self.answer(domain))
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let id = context.path("id")
        let old = try await catalog.domain(.id(id), in: workspace)
        let fields = try await Fields.read(request, context)
        // Clients send a whole domain back; another name would be another domain.
        if let name = fields.string("fullName"), name != old.fullName {
            fields.note("fullName", "InvalidFormat", "a domain's name can't be changed")
        }
        let edit = DomainEdit(
            rootURL: fields.edit("rootURL") ?? fields.edit("customHomepage"),
            fallbackURL: fields.edit("fallbackURL")
        )
        try fields.check()
        return .json(Self.answer(try await catalog.updateDomain(id: id, in: workspace, edit)))
    }

    static func answer(_ domain: Domain) -> JSON {
        [
            "id": .string(domain.id),
            "ref": .string("/domains/\(domain.id)"),
            "fullName": .string(domain.fullName),
            "topLevelDomain": .text(domain.fullName.split(separator: ".").last.map(String.init)),
            "type": "user",
            "active": true,
            "managed": false,
            "customHomepage": .text(domain.rootURL),
            "rootURL": .text(domain.rootURL),
            "fallbackURL": .text(domain.fallbackURL),
            "creationDate": .moment(domain.createdAt),
            "createdAt": .moment(domain.createdAt),
            "updatedAt": .moment(domain.updatedAt),
        ]
    }
}

extension Request {
    /// Whether the parameters `active` and `type` let domains of ours through: all are active, and their owners'.
    fileprivate func isOfOurs() throws(APIError) -> Bool {
        if let type = text(query: "type"), type != "user" {
            guard type == "service" else { throw .invalid("type", "must be user or service") }
            return false
        }
        return try flag(query: "active") ?? true
    }
}

extension Fields {
    /// A member that a change may set, or take away by null; nil when it stays.
    func edit(_ name: String) -> String?? {
        if isNull(name) { return .some(nil) }
        return string(name).map { .some($0) }
    }
}
