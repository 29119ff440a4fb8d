import Catalog
import Hummingbird

/// `/v1/links`: the request's workspace's short links.
struct LinkRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to router: Router<ControlContext>) {
        router.get("v1/links") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let links = try await catalog.links(
                in: workspace,
                matching: request.linkFilter(),
                request.page()
            )
            return Response.json(.array(links.map(answer)))
        }
        router.get("v1/links/count") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.count(
                try await catalog.linkCount(in: workspace, matching: request.linkFilter())
            )
        }
        router.get("v1/links/:id") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let id = context.parameters.get("id") ?? ""
            return Response.json(answer(try await catalog.link(id: id, in: workspace)))
        }
        router.post("v1/links") { try await create($0, $1) }
        router.post("v1/links/:id") { try await update($0, $1) }
        router.delete("v1/links/:id") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let id = context.parameters.get("id") ?? ""
            return Response.json(answer(try await catalog.deleteLink(id: id, in: workspace)))
        }
    }

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request)
        let draft = LinkDraft(
            destination: fields.required("destination"),
            slashtag: fields.string("slashtag"),
            title: fields.string("title"),
            tags: fields.tags() ?? [],
            forwardParameters: fields.bool("forwardParameters") ?? false,
            isFavourite: fields.bool("favourite") ?? false,
            domain: fields.domainChoice()
        )
        try fields.check()
        let link = try await catalog.createLink(
            draft,
            in: workspace,
            by: catalog.account()
        )
        return .json(answer(link))
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let id = context.parameters.get("id") ?? ""
        let old = try await catalog.link(id: id, in: workspace)
        let fields = try await Fields.read(request)
        // Clients send a whole link back; it can't move to another domain.
        switch fields.domainChoice() {
        case .id(let id) where id != old.domainID:
            fields.note("domain.id", "InvalidFormat", "a link can't move to another domain")
        case .fullName(let name) where name.lowercased() != old.domainName:
            fields.note("domain.fullName", "InvalidFormat", "a link can't move to another domain")
        default: break
        }
        let edit = LinkEdit(
            destination: fields.string("destination"),
            slashtag: fields.string("slashtag"),
            title: fields.edit("title"),
            tags: fields.tags(),
            forwardParameters: fields.bool("forwardParameters"),
            isFavourite: fields.bool("favourite")
        )
        try fields.check()
        return .json(answer(try await catalog.updateLink(id: id, in: workspace, edit)))
    }

    /// A link as clients of the API we follow know it; counts that nobody keeps are left out.
    private func answer(_ link: Link) -> JSON {
        [
            "id": .string(link.id),
            "title": .string(link.title ?? ""),
            "slashtag": .string(link.slashtag),
            "destination": .string(link.destination),
            "createdAt": .moment(link.createdAt),
            "updatedAt": .moment(link.updatedAt),
            "status": "active",
            "tags": .array(link.tags.map { ["name": .string($0)] }),
            "shortUrl": .string("\(link.domainName)/\(link.slashtag)"),
            "domainId": .string(link.domainID),
            "domainName": .string(link.domainName),
            "domain": [
                "id": .string(link.domainID),
                "ref": .string("/domains/\(link.domainID)"),
                "fullName": .string(link.domainName),
                "active": true,
            ],
            "https": .bool(surroundings.servesHTTPS),
            "favourite": .bool(link.isFavourite),
            "forwardParameters": .bool(link.forwardParameters),
            "isPublic": false,
            "integrated": false,
            "creator": ["id": .string(link.creatorID)],
        ]
    }
}

extension Request {
    fileprivate func linkFilter() throws(APIError) -> LinkFilter {
        var filter = LinkFilter(
            domainID: text(query: "domain.id"),
            domainName: text(query: "domain.fullName"),
            slashtag: text(query: "slashtag")
        )
        switch text(query: "favourite")?.lowercased() {
        case nil, "none": break
        case "true": filter.isFavourite = true
        case "false": filter.isFavourite = false
        default: throw .invalid("favourite", "must be true, false or none")
        }
        return filter
    }
}

extension Fields {
    /// `domain` by its id or its name; neither means any.
    fileprivate func domainChoice() -> DomainChoice {
        guard let domain = object("domain") else { return .any }
        defer { absorb(domain) }
        if let id = domain.string("id") { return .id(id) }
        return domain.string("fullName").map { .fullName($0) } ?? .any
    }

    /// `tags` as names, or as objects with a name.
    fileprivate func tags() -> [String]? {
        guard let value = value("tags") else { return nil }
        guard case .array(let elements) = value else {
            note("tags", "InvalidFormat", "must be an array")
            return nil
        }
        return elements.map { element in
            switch element {
            case .string(let name) where !name.isEmpty: return name
            case .object:
                if case .string(let name) = element["name"], !name.isEmpty { return name }
                fallthrough
            default:
                note("tags", "InvalidFormat", "must be an array of names")
                return ""
            }
        }
    }
}
