import ArgumentParser
import AsyncHTTPClient
import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Where the service is, and who asks.
struct ServiceOptions: ParsableArguments {
    @Option(
        help: "The service's control port. Default: CLICKSTREAM_URL, else http://127.0.0.1:8081."
    )
    var url: String?

    @Option(help: "An API key. Default: CLICKSTREAM_KEY, else admin.key in the data folder.")
    var key: String?

    @Option(
        help: "A workspace's id or name. Default: CLICKSTREAM_WORKSPACE, else the key's own."
    )
    var workspace: String?

    @Flag(help: "Print JSON on standard output, and nothing else.")
    var json = false
}

/// Speaks to the service's API.
final class ServiceClient: Sendable {
    /// Says at once that nobody is there, instead of trying again until the time is up.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        // A redirect would turn a change into a look, and hand the key to whoever is named.
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let base: String
    private let key: String
    /// The id or name of the workspace that was named.
    let workspace: String?
    /// The id of the workspace that was named by its name, once it is known.
    private let foundWorkspace = Mutex<String?>(nil)

    init(_ options: ServiceOptions) throws {
        let environment = ProcessInfo.processInfo.environment
        base = options.url ?? environment["CLICKSTREAM_URL"] ?? "http://127.0.0.1:8081"
        workspace = options.workspace ?? environment["CLICKSTREAM_WORKSPACE"]
        if let given = options.key ?? environment["CLICKSTREAM_KEY"] {
            key = given
            return
        }
        let folder = environment["CLICKSTREAM_DATA_DIRECTORY"] ?? "./data"
        guard let stored = try? String(contentsOfFile: "\(folder)/admin.key", encoding: .utf8)
        else {
            throw Failed(
                "no key: give --key or CLICKSTREAM_KEY, or run this where \(folder)/admin.key is"
            )
        }
        key = stored.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Calls the API and returns its JSON.
    func call(_ method: HTTPMethod, _ path: String, _ body: [String: Any]? = nil) async throws
        -> Any
    {
        let response = try await open(method, path, body)
        let data = Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        guard let answer = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        else { throw stranger }
        return answer
    }

    /// What is said of an answer that the service wouldn't give.
    var stranger: Failed {
        Failed(
            "\(base) did not answer as the service does: is its control port there? "
                + "See --url and CLICKSTREAM_URL."
        )
    }

    /// Opens an answer to be read piece by piece.
    ///
    /// - Throws: `Failed`, when there is none or it is an error of the API.
    func open(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [String: Any]? = nil,
        headers: [String: String] = [:],
        timeout: TimeAmount = .seconds(60)
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "apikey", value: key)
        // What is about workspaces has them in its path.
        if let workspace, !path.hasPrefix(Workspaces.resource.path) {
            request.headers.add(name: "workspace", value: try await id(ofWorkspace: workspace))
        }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(try JSONSerialization.data(withJSONObject: body))
        }
        let response: HTTPClientResponse
        do {
            response = try await Self.client.execute(request, timeout: timeout)
        } catch {
            throw Failed(
                "no answer from \(base) (\(Self.words(for: error))): is the service running there? "
                    + "See --url and CLICKSTREAM_URL.",
                mayPass: true
            )
        }
        if (300..<400).contains(response.status.code) {
            let place = response.headers.first(name: "location") ?? "nowhere"
            throw Failed(
                "\(base) leads on to \(place), which is not followed: "
                    + "if the service is there, say so by --url or CLICKSTREAM_URL"
            )
        }
        guard (200..<300).contains(response.status.code) else {
            let data = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            throw Failed(
                ServiceError(Int(response.status.code), data).sentence,
                mayPass: response.status.code >= 500
            )
        }
        return response
    }

    private func id(ofWorkspace name: String) async throws -> String {
        if let known = foundWorkspace.withLock(\.self) { return known }
        let id = try await Workspaces.resource.id(of: name, self)
        foundWorkspace.withLock { $0 = id }
        return id
    }

    /// Why there was no answer, in the system's words where it has some.
    static func words(for error: any Error) -> String {
        let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        return (cause as? IOError).map { SystemError.words(for: $0.errnoCode) } ?? "\(cause)"
    }
}

/// The last part of a path, safe to put into a URL.
func pathPart(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
}

/// What stands for itself in a URL (RFC 3986, 2.3).
private let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
