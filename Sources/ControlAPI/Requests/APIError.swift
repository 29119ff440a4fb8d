import Catalog
import ClickModel
import HTTPTypes

/// What is answered when something can't be done.
struct APIError: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    /// The kind of thing that wasn't found.
    var source: String?
    var problems: [SettingProblem] = []
    /// Seconds after which to come again.
    var retryAfter: Int?

    var json: JSON {
        var members: [JSON.Member] = [
            .init(name: "code", value: .string(code)),
            .init(name: "message", value: .string(message)),
        ]
        if let source { members.append(.init(name: "source", value: .string(source))) }
        if let property = problems.first?.property ?? source.map({ _ in "id" }) {
            members.append(.init(name: "property", value: .string(property)))
        }
        if !problems.isEmpty {
            let errors = problems.map { problem -> JSON in
                [
                    "property": .string(problem.property), "code": .string(problem.code),
                    "message": .string(problem.message),
                ]
            }
            members.append(.init(name: "errors", value: .array(errors)))
        }
        return .object(members)
    }
}

extension APIError {
    static func notFound(_ source: String) -> APIError {
        APIError(
            status: .notFound,
            code: "NotFound",
            message: "there is no such \(source)",
            source: source
        )
    }

    static let noRoute = APIError(
        status: .notFound,
        code: "NotFound",
        message: "there is nothing at this address for this method"
    )

    /// A body that is not what it has to be.
    static func unreadable(_ message: String) -> APIError {
        APIError(status: .badRequest, code: "InvalidFormat", message: message)
    }

    static func forbidden(_ message: String) -> APIError {
        APIError(status: .forbidden, code: "Forbidden", message: message)
    }

    /// Something that the state of a thing doesn't allow.
    static func notNow(_ message: String) -> APIError {
        APIError(status: .forbidden, code: "InvalidState", message: message)
    }

    /// Values that can't be; every problem at once.
    static func invalid(_ problems: [SettingProblem]) -> APIError {
        APIError(
            status: .forbidden,
            code: problems.first?.code ?? "InvalidFormat",
            message: problems.map { "\($0.property): \($0.message)" }.joined(separator: "; "),
            problems: problems
        )
    }

    static func invalid(_ property: String, _ message: String) -> APIError {
        invalid([SettingProblem(property: property, code: "InvalidFormat", message: message)])
    }
}

// MARK: - From other rooms' errors

extension APIError {
    init(_ error: CatalogError) {
        switch error {
        case .notFound(let source): self = .notFound(source)
        case .invalid(let problems): self = .invalid(problems)
        case .duplicate(let property):
            self = .invalid([
                SettingProblem(property: property, code: "AlreadyExists", message: "is taken")
            ])
        case .inUse(let message):
            self.init(status: .forbidden, code: "InUse", message: message)
        case .beyondPlan(let code, let message):
            self.init(status: .forbidden, code: code, message: message)
        case .masterKey, .storage:
            self.init(
                status: .serviceUnavailable,
                code: "Unavailable",
                message: "the catalog can't be read or written now"
            )
        }
    }

    init(_ error: LogError) {
        self.init(
            status: .serviceUnavailable,
            code: "Unavailable",
            message: "the log can't be read now"
        )
    }
}
