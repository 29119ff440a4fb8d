import Catalog
import ClickModel
import HTTPTypes
import Hummingbird

/// Who asks, and so what may be done.
enum Caller: Sendable {
    /// The admin key's bearer: everything, in every workspace.
    case administrator
    /// The bearer of a workspace's key.
    case key(AccessKey)

    /// What requests are counted by.
    var id: String {
        switch self {
        case .administrator: "admin"
        case .key(let key): key.id
        }
    }
}

extension ControlContext {
    /// Who asks.
    ///
    /// Every route that asks this stands behind the check of keys.
    func requireCaller() throws(APIError) -> Caller {
        guard let caller else { throw .forbidden("this needs a key") }
        return caller
    }

    /// - Throws: 403 for a key that may not do what a route is for.
    func require(_ access: Access) throws(APIError) {
        guard case .key(let key) = try requireCaller(), !access.includes(key.scope) else { return }
        throw .forbidden(
            "this key's scope is \(key.scope.rawValue): this needs \(access.words)"
        )
    }

    func requireAdministrator() throws(APIError) { try require(.administer) }

    /// Who the audit log says that it was.
    var actor: Actor? {
        switch caller {
        case nil: nil
        case .administrator?: Actor(keyID: nil, keyName: nil, request: requestID)
        case .key(let key)?: Actor(keyID: key.id, keyName: key.name, request: requestID)
        }
    }

    /// A part of the path.
    func path(_ name: String) -> String { parameters.get(name) ?? "" }
}

extension Surroundings {
    /// The workspace that a request is about: its `workspace` header, else its query parameter,
    /// else the key's own, else the oldest.
    ///
    /// - Throws: 404 for one that isn't there; 403, whether it is there or not, for another
    ///   workspace than the key's own.
    func workspace(of request: Request, _ context: ControlContext) async throws -> Workspace {
        let wanted = request.wantedWorkspace
        switch try context.requireCaller() {
        case .administrator:
            guard let wanted else { return try await catalog.mainWorkspace() }
            return try await catalog.workspace(id: wanted)
        case .key(let key):
            let own = try await catalog.workspace(number: key.workspace)
            guard wanted == nil || wanted == own.id else {
                throw APIError.forbidden("the key belongs to another workspace")
            }
            return own
        }
    }
}

extension Request {
    /// The workspace that the request names: by its header, or its parameter in either of its spellings.
    var wantedWorkspace: String? {
        text(header: "workspace") ?? text(query: "workspace") ?? text(query: "workspace[id]")
    }

    /// A header's value; nil when it is absent or empty.
    func text(header name: String) -> String? {
        guard let name = HTTPField.Name(name), let value = headers[name], !value.isEmpty else {
            return nil
        }
        return value
    }

    /// A query parameter's value; nil when it is absent or empty.
    func text(query name: String) -> String? {
        queryPairs.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// The parameters as the URL Standard reads them: `+` is a blank, names have escapes too.
    var queryPairs: [(name: String, value: String)] {
        guard var query = uri.query else { return [] }
        return query.withUTF8 { QueryPairs.parse($0) }
    }
}
