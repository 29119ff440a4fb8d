import Catalog
import ClickModel
import HTTPTypes
import Hummingbird
import Logging

/// Turns every error into its JSON answer, and gives each answer the request's id.
struct ErrorAnswers: RouterMiddleware {
    private static let requestID = HTTPField.Name("x-request-id")
    private static let retryAfter = HTTPField.Name("retry-after")

    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as UnreadableBody {
            // The connection itself is at fault: the server closes it.
            throw error.underlying
        } catch {
            let known = Self.known(error, context.logger)
            response = .json(known.json, status: known.status)
            if let seconds = known.retryAfter, let name = Self.retryAfter {
                response.headers[name] = "\(seconds)"
            }
        }
        if let name = Self.requestID, let id = context.requestID { response.headers[name] = id }
        return response
    }

    private static func known(_ error: any Error, _ logger: Logger) -> APIError {
        switch error {
        case let error as APIError: return error
        case let error as CatalogError:
            let known = APIError(error)
            if known.status.kind == .serverError {
                logger.error("the catalog failed", metadata: ["error": "\(error)"])
            }
            return known
        case let error as LogError:
            logger.error("the log failed", metadata: ["error": "\(error)"])
            return APIError(error)
        case let error as HTTPError where error.status == .notFound: return .noRoute
        case let error as HTTPError:
            return APIError(
                status: error.status,
                code: error.status.reasonPhrase.replacing(" ", with: ""),
                message: error.body ?? error.status.reasonPhrase
            )
        default:
            logger.error("a request failed", metadata: ["error": "\(error)"])
            return APIError(
                status: .internalServerError,
                code: "InternalError",
                message: "something went wrong here; the log knows more"
            )
        }
    }
}
