import HTTPTypes
import Hummingbird

/// What browsers are told: to keep to what an answer says it is, and, where origins are allowed, that their pages may read it.
struct BrowserRules: RouterMiddleware {
    private static let security: [(HTTPField.Name?, String)] = [
        (HTTPField.Name("x-content-type-options"), "nosniff"),
        (HTTPField.Name("x-frame-options"), "DENY"),
        (HTTPField.Name("referrer-policy"), "no-referrer"),
        (HTTPField.Name("content-security-policy"), "default-src 'none'; frame-ancestors 'none'"),
        (HTTPField.Name("cross-origin-resource-policy"), "same-origin"),
    ]
    private static let allowOrigin = HTTPField.Name("access-control-allow-origin")
    private static let allowHeaders = HTTPField.Name("access-control-allow-headers")
    private static let allowMethods = HTTPField.Name("access-control-allow-methods")
    private static let exposeHeaders = HTTPField.Name("access-control-expose-headers")
    private static let maxAge = HTTPField.Name("access-control-max-age")
    private static let askedMethod = HTTPField.Name("access-control-request-method")

    /// Such as `https://links.example`; none: no page of another origin may read anything.
    let origins: Set<String>

    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let origin = request.text(header: "origin").flatMap { origins.contains($0) ? $0 : nil }
        if origin != nil, request.method == .options, let name = Self.askedMethod,
            request.headers[name] != nil
        {
            return allow(origin, Response(status: .noContent))
        }
        return allow(origin, try await next(request, context))
    }

    private func allow(_ origin: String?, _ answer: Response) -> Response {
        var answer = answer
        for (name, value) in Self.security {
            if let name { answer.headers[name] = value }
        }
        // A cache must not hand one origin's answer to another.
        if !origins.isEmpty { answer.headers[.vary] = "Origin" }
        guard let origin else { return answer }
        for (name, value) in [
            (Self.allowOrigin, origin),
            (Self.allowHeaders, "apikey, authorization, content-type, last-event-id, workspace"),
            (Self.allowMethods, "DELETE, GET, HEAD, POST, PUT"),
            (Self.exposeHeaders, "link, retry-after, x-last, x-request-id, x-trimmed"),
            (Self.maxAge, "600"),
            (HTTPField.Name("cross-origin-resource-policy"), "cross-origin"),
        ] {
            if let name { answer.headers[name] = value }
        }
        return answer
    }
}
