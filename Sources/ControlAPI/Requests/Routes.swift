import Catalog
import HTTPTypes
import Hummingbird

/// The router, as the routes are added to it: each says what it asks of who calls it.
struct Routes {
    typealias Handler = @Sendable (Request, ControlContext) async throws -> Response

    let router: Router<ControlContext>
    /// Told of every route: what it asks for.
    let note: (_ method: HTTPRequest.Method, _ path: String, Access) -> Void

    func get(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        on(.get, path, access, handler)
    }

    func post(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        on(.post, path, access, handler)
    }

    func put(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        on(.put, path, access, handler)
    }

    func delete(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        on(.delete, path, access, handler)
    }

    private func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ access: Access,
        _ handler: @escaping Handler
    ) {
        note(method, path, access)
        let guarded: Handler = { request, context in
            guard access != .open else { return try await handler(request, context) }
            try context.require(access)
            // What is changed from here on is this caller's doing.
            return try await Catalog.$actor.withValue(context.actor) {
                try await handler(request, context)
            }
        }
        router.on(RouterPath(path), method: method, use: guarded)
        // HEAD asks what GET would be answered with; where that changes something there is none.
        guard method == .get, access != .edit else { return }
        router.on(RouterPath(path), method: .head) { request, context -> Response in
            try await guarded(request, context).createHeadResponse()
        }
    }
}
