import Catalog
import HTTPTypes
import Hummingbird

/// Who asks, and so what may be done.
enum Caller: Sendable {
    /// The admin key's bearer: everything, in every workspace.
    case administrator
    /// The bearer of a workspace's key.
    case key(AccessKey)

    var mayChange: Bool {
        switch self {
        case .administrator: true
        case .key(let key): key.scope == .owner
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

    func requireAdministrator() throws(APIError) {
        guard case .administrator = try requireCaller() else {
            throw .forbidden("only the admin key may do this")
        }
    }
}

extension Surroundings {
    /// The workspace that a request is about: its `workspace` header, else its query parameter,
    /// else the key's own, else the oldest.
    ///
    /// - Throws: 404 for one that isn't there; 403, whether it is there or not, for another
    ///   workspace than the key's own.
    func workspace(of request: Request, _ context: ControlContext) async throws -> Workspace {
        let wanted = request.text(header: "workspace") ?? request.text(query: "workspace")
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
    /// A header's value; nil when it is absent or empty.
    func text(header name: String) -> String? {
        guard let name = HTTPField.Name(name), let value = headers[name], !value.isEmpty else {
            return nil
        }
        return value
    }

    /// A query parameter's value; nil when it is absent or empty.
    func text(query name: String) -> String? {
        guard let value = uri.queryParameters[name[...]], !value.isEmpty else { return nil }
        return String(value)
    }
}
