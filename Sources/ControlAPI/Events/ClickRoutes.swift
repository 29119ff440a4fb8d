import Catalog
import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /v1/clicks`: clicks from edges that aren't ours.
///
/// They are answered for when they are on disk. At most so many bodies are held at once; who comes
/// then is asked to come again.
struct ClickRoutes {
    private static let largestBody = 8 << 20
    private static let mostBodies = 16
    private static let mostBodiesOfWorkspace = 4
    private static let lineTypes: Set = [
        "application/x-ndjson", "application/ndjson", "application/jsonl",
        "application/x-jsonlines",
        "application/json-lines",
    ]
    private static let retryAfter = HTTPField.Name("retry-after")

    private let surroundings: Surroundings
    private let seats = Seats(mostBodies, ofWorkspace: mostBodiesOfWorkspace)

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.post("v1/clicks", .send) { try await record($0, $1) }
    }

    private func record(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        try await surroundings.catalog.requireRoomForEvents(in: workspace)
        try Self.checkHead(request)
        guard let seat = seats.take(for: workspace.number) else { throw Self.busy }
        defer { withExtendedLifetime(seat) {} }
        let report = await surroundings.recordClicks(
            ClickDelivery(
                body: try await request.bytes(upTo: Self.largestBody, context),
                isLines: Self.isLines(request),
                workspace: workspace
            )
        )
        return try Self.answer(report)
    }

    // MARK: - The body

    private static func checkHead(_ request: Request) throws(APIError) {
        if let coding = request.text(header: "content-encoding"), coding != "identity" {
            throw APIError(
                status: .unsupportedMediaType,
                code: "UnsupportedMediaType",
                message: "the body must come without a content-encoding"
            )
        }
    }

    private static func isLines(_ request: Request) -> Bool {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }
        return type.map { lineTypes.contains($0.lowercased().filter { $0 != " " }) } ?? false
    }

    // MARK: - The answer

    private static let busy = APIError(
        status: .tooManyRequests,
        code: "TooManyRequests",
        message: "\(mostBodiesOfWorkspace) deliveries of a workspace, and \(mostBodies) in all, "
            + "are taken at once: nothing was recorded",
        retryAfter: 1
    )

    private static func answer(_ report: ClickReport) throws(APIError) -> Response {
        if let limit = report.limit {
            throw APIError(
                status: .contentTooLarge,
                code: "TooLarge",
                message: "a body has at most \(limit) raw requests: nothing was recorded"
            )
        }
        var members: [JSON.Member] = [
            .init(name: "accepted", value: .integer(report.accepted)),
            .init(name: "errors", value: .array(errors(report))),
        ]
        if report.furtherProblems > 0 {
            members.append(.init(name: "furtherErrors", value: .integer(report.furtherProblems)))
        }
        guard let stop = report.stopped else {
            let status: HTTPResponse.Status = report.isReadable ? .accepted : .badRequest
            return .json(.object(members), status: status)
        }
        let message =
            report.accepted == 0
            ? "\(words(stop.reason)): nothing was recorded"
            : "\(words(stop.reason)): nothing was recorded from line \(stop.line) on"
        let head: [JSON.Member] = [
            .init(name: "code", value: "Unavailable"),
            .init(name: "message", value: .string(message)),
        ]
        var response = Response.json(.object(head + members), status: .serviceUnavailable)
        if let name = retryAfter { response.headers[name] = "1" }
        return response
    }

    private static func errors(_ report: ClickReport) -> [JSON] {
        var problems = report.problems
        if let stop = report.stopped {
            let message = "\(words(stop.reason)): neither this was recorded nor what follows"
            problems.append(.init(line: stop.line, message: message))
        }
        return problems.map { ["line": .integer($0.line), "error": .string($0.message)] }
    }

    private static func words(_ reason: ShedReason) -> String {
        switch reason {
        case .overload: "too many clicks are waiting"
        case .logUnavailable: "the log can't take clicks"
        case .stopping: "the service is stopping"
        }
    }
}
