import Catalog
import ClickModel
import Hummingbird

/// `/v1/links`: the request's workspace's short links.
struct LinkRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/links", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let page = try request.page()
            guard let filter = try await filter(request) else { return Response.json([]) }
            let links = try await catalog.links(in: workspace, matching: filter, page)
            return try await answer(links) { .array($0) }
        }
        routes.get("v1/links/count", .read) { try await count($0, $1) }
        // Named as it is by the API that we follow: a link made by opening an address.
        routes.get("v1/links/new", .edit) { request, context in
            try await create(Fields(request.linkMembers()), request, context)
        }
        routes.get("v1/links/:id", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return try await answer(
                [try await catalog.link(id: context.path("id"), in: workspace)]
            )
        }
        routes.post("v1/links", .edit) { request, context in
            try await create(try await Fields.read(request, context), request, context)
        }
        routes.put("v1/links", .edit) { try await put($0, $1) }
        routes.delete("v1/links", .edit) { try await deleteSeveral($0, $1) }
        routes.post("v1/links/:id", .edit) { try await update($0, $1) }
        routes.post("v1/links/:id/favourite", .edit) { try await setFavourite($0, $1) }
        routes.delete("v1/links/:id", .edit) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return try await answer(
                [try await catalog.deleteLink(id: context.path("id"), in: workspace)]
            )
        }
    }

    /// Counting what an unknown domain has is a mistake, not zero.
    private func count(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        guard let filter = try await filter(request) else { return .count(0) }
        for id in filter.domainIDs ?? [] { _ = try await catalog.domain(.id(id), in: workspace) }
        return .count(try await catalog.linkCount(in: workspace, matching: filter))
    }

    /// What the request asks for; nil when that is nothing.
    ///
    /// All links are the account's, so a creator is everybody or nobody: there is nothing to be looked through.
    private func filter(_ request: Request) async throws -> LinkFilter? {
        var filter = try request.linkFilter()
        guard let creators = filter.creatorIDs else { return filter }
        filter.creatorIDs = nil
        return creators.contains(try await catalog.account().id) ? filter : nil
    }

    // MARK: - Changes

    private func create(
        _ fields: Fields,
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let draft = fields.linkDraft()
        try fields.check()
        let link = try await catalog.createLink(draft, in: workspace, by: catalog.account())
        return try await answer([link])
    }

    /// Makes several links, and changes those whose ids are given: all, or none of either kind.
    private func put(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        guard case .array(let elements)? = try await Fields.readAny(request, context) else {
            throw APIError.unreadable("the body must be a JSON array of links")
        }
        let all = try Fields.each(elements, atMost: Catalog.mostLinksAtOnce)
        guard let first = all.first else { return .json([]) }
        let isChange = first.has("id")
        guard all.allSatisfy({ $0.has("id") == isChange }) else {
            throw APIError.invalid("body", "either every link has an id, to be changed, or none")
        }
        let links: [Link]
        if isChange {
            let edits = all.map { (id: $0.required("id"), edit: $0.linkEdit()) }
            try Self.check(all)
            links = try await catalog.updateLinks(edits, in: workspace)
        } else {
            let drafts = all.map { $0.linkDraft() }
            try Self.check(all)
            links = try await catalog.createLinks(drafts, in: workspace, by: catalog.account())
        }
        return try await answer(links) { .array($0) }
    }

    private static func check(_ all: [Fields]) throws(APIError) {
        let problems = all.flatMap(\.problems)
        guard problems.isEmpty else { throw .invalid(problems) }
    }

    /// Removes the links that the body names; those that are gone already are not counted.
    private func deleteSeveral(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let ids = fields.strings("links", atMost: Catalog.mostLinksAtOnce) ?? []
        if !fields.isGiven("links") { fields.note("links", "RequiredField", "is a list of ids") }
        try fields.check()
        return .count(try await catalog.deleteLinks(ids, in: workspace).count)
    }

    private func update(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let id = context.path("id")
        let old = try await catalog.link(id: id, in: workspace)
        let fields = try await Fields.read(request, context)
        // Clients send a whole link back; it can't move to another domain.
        switch fields.domainChoice() {
        case .id(let id) where id != old.domainID:
            fields.note("domain.id", "InvalidFormat", "a link can't move to another domain")
        case .fullName(let name) where name.lowercased() != old.domainName:
            fields.note("domain.fullName", "InvalidFormat", "a link can't move to another domain")
        default: break
        }
        let edit = fields.linkEdit()
        try fields.check()
        return try await answer([try await catalog.updateLink(id: id, in: workspace, edit)])
    }

    /// `{"favourite":true}`; nothing, or an empty text, leaves it as it is.
    private func setFavourite(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let isFavourite = fields.bool("favourite")
        try fields.check()
        let id = context.path("id")
        guard let isFavourite else {
            return try await answer([try await catalog.link(id: id, in: workspace)])
        }
        let edit = LinkEdit(isFavourite: isFavourite)
        return try await answer([try await catalog.updateLink(id: id, in: workspace, edit)])
    }

    // MARK: - Answers

    /// Links as clients of the API we follow know them: the one, unless all are asked for.
    private func answer(
        _ links: [Link],
        _ shape: ([JSON]) -> JSON = { $0.first ?? .object([]) }
    ) async throws -> Response {
        let account = try await catalog.account()
        return .json(shape(links.map { answer($0, account) }))
    }

    func answer(_ link: Link, _ account: Account) -> JSON {
        let name = link.creatorID == account.id ? account.name : ""
        let moments = [("lastClickAt", link.lastClickAt), ("expiresAt", link.expiresAt)]
            .compactMap { name, moment in
                moment.map { JSON.Member(name: name, value: .moment($0)) }
            }
        let isExpired = link.expiresAt.map { $0 <= .now } ?? false
        let facts: JSON = [
            "id": .string(link.id),
            "title": .string(link.title ?? ""),
            "slashtag": .string(link.slashtag),
            "destination": .string(link.destination),
            "description": .string(link.description ?? ""),
            "createdAt": .moment(link.createdAt),
            "updatedAt": .moment(link.updatedAt),
            "status": isExpired ? "expired" : "active",
            "tags": .array(link.tags.map(MarkRoutes.answer(.tag))),
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
            "clicks": .integer(link.clicks),
            "sessions": .integer(link.sessions),
            "isPublic": false,
            "integrated": false,
            "creator": [
                "id": .string(link.creatorID), "fullName": .string(name), "avatarUrl": "",
            ],
        ]
        guard case .object(let members) = facts else { return facts }
        return .object(members + moments)
    }
}

extension Request {
    fileprivate func linkFilter() throws(APIError) -> LinkFilter {
        var filter = LinkFilter(
            domainIDs: list(query: "domain.id"),
            domainName: text(query: "domain.fullName"),
            slashtag: text(query: "slashtag"),
            isFavourite: try flag(query: "favourite"),
            creatorIDs: list(query: "creator.id"),
            tags: list(query: "tags")
        )
        filter.createdFrom = try day(query: "dateFrom")?.moment
        if let end = try day(query: "dateTo") {
            // A day is meant with all its hours.
            filter.createdBefore =
                end.isDay ? end.moment.advanced(by: .seconds(86_400)) : end.moment
        }
        return filter
    }

    /// The parameters that make a link, as members of a body.
    fileprivate func linkMembers() -> [JSON.Member] {
        var members = ["destination", "slashtag", "title", "description"].compactMap { name in
            text(query: name).map { JSON.Member(name: name, value: .string($0)) }
        }
        for name in ["favourite", "forwardParameters"] {
            guard let text = text(query: name) else { continue }
            let value: JSON =
                text == "true" ? true : text == "false" ? false : .string(text)
            members.append(JSON.Member(name: name, value: value))
        }
        let domain = ["id", "fullName"].compactMap { name in
            (text(query: "domain.\(name)") ?? text(query: "domain[\(name)]")).map {
                JSON.Member(name: name, value: .string($0))
            }
        }
        return members + [JSON.Member(name: "domain", value: .object(domain))]
    }
}

extension Fields {
    /// From a minute to ten years.
    private static let lifetimes = 60...315_360_000

    fileprivate func linkDraft() -> LinkDraft {
        LinkDraft(
            destination: required("destination"),
            slashtag: string("slashtag"),
            title: string("title"),
            description: string("description"),
            tags: marks("tags") ?? [],
            scripts: marks("scripts") ?? [],
            forwardParameters: bool("forwardParameters") ?? false,
            isFavourite: bool("favourite") ?? false,
            lifetime: lifetime() ?? nil,
            domain: domainChoice()
        )
    }

    fileprivate func linkEdit() -> LinkEdit {
        LinkEdit(
            destination: string("destination"),
            slashtag: string("slashtag"),
            title: edit("title"),
            description: edit("description"),
            tags: marks("tags"),
            scripts: marks("scripts"),
            forwardParameters: bool("forwardParameters"),
            isFavourite: bool("favourite"),
            lifetime: lifetime()
        )
    }

    /// `ttl`, the seconds that a link stays; null for ever.
    private func lifetime() -> Duration?? {
        if isNull("ttl") { return .some(nil) }
        return integer("ttl", in: Self.lifetimes).map { .some(.seconds($0)) }
    }

    /// `domain` by its id or its name, or `domainId`; neither means any.
    fileprivate func domainChoice() -> DomainChoice {
        if let id = string("domainId") { return .id(checked(id, "domainId")) }
        guard let domain = object("domain") else { return .any }
        defer { absorb(domain) }
        if let id = domain.string("id") { return .id(domain.checked(id, "id")) }
        return domain.string("fullName").map { .fullName($0) } ?? .any
    }

    /// An id as it is; one that can't be any is a mistake, not something that isn't there.
    private func checked(_ id: String, _ name: String) -> String {
        if id.utf8.count != 32 || !id.utf8.allSatisfy({ $0.hexValue != nil }) {
            note(name, "InvalidFormat", "an id has 32 hexadecimal digits")
        }
        return id
    }

    /// Tags or scripts as names, or as objects with an id or a name.
    private func marks(_ name: String) -> [MarkChoice]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else {
            note(name, "InvalidFormat", "must be an array")
            return nil
        }
        return elements.compactMap { element in
            if case .string(let text) = element, Self.isText(text) { return .name(text) }
            if case .string(let id)? = element["id"], Self.isText(id) { return .id(id) }
            if case .string(let text)? = element["name"], Self.isText(text) { return .name(text) }
            note(
                name,
                "InvalidFormat",
                "must be an array of names, or of objects with an id or a name"
            )
            return nil
        }
    }

    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && !text.unicodeScalars.contains("\0")
    }
}
