import Catalog
import ClickModel
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Lets a request through that shows a valid key, and answers 401 to all others, whatever they ask.
struct Authentication: RouterMiddleware {
    private static let longestKey = 512

    private let catalog: Catalog
    /// Hashes are compared, so neither time nor length tells how much of a key was right.
    private let adminKey: SHA256.Digest

    init(catalog: Catalog, adminKey: String) {
        self.catalog = catalog
        self.adminKey = SHA256.hash(data: Data(adminKey.utf8))
    }

    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard let key = Self.key(of: request), let caller = try await caller(with: key) else {
            return Self.refusal
        }
        var context = context
        context.caller = caller
        return try await next(request, context)
    }

    private func caller(with key: String) async throws -> Caller? {
        if SHA256.hash(data: Data(key.utf8)) == adminKey { return .administrator }
        return try await catalog.accessKey(key).map { .key($0) }
    }

    private static func key(of request: Request) -> String? {
        let scheme = "bearer "
        let key: String
        if let value = request.text(header: "apikey") {
            key = value
        } else if let value = request.headers[.authorization],
            value.prefix(scheme.count).lowercased() == scheme
        {
            key = value.dropFirst(scheme.count).trimmingCharacters(in: .whitespaces)
        } else {
            return nil
        }
        return (1...longestKey).contains(key.utf8.count) ? key : nil
    }

    /// Plain text, the one answer that isn't JSON: clients of the API we follow compare it.
    private static var refusal: Response {
        Response(
            status: .unauthorized,
            headers: [.contentType: "text/plain; charset=utf-8", .wwwAuthenticate: "Bearer"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "Unauthorized"))
        )
    }
}
