import Catalog
import ClickModel
import Hummingbird

/// `/v1/streams`: the request's workspace's streams.
struct StreamRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/streams", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let records = try await catalog.streams(in: workspace, request.page())
            var answers: [JSON] = []
            for record in records { answers.append(try await answer(record)) }
            return Response.json(.array(answers))
        }
        routes.get("v1/streams/count", .read) { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.count(try await catalog.streamCount(in: workspace))
        }
        routes.get("v1/streams/:id", .read) { request, context in
            Response.json(try await answer(find(request, context).record))
        }
        routes.post("v1/streams", .own) { try await create($0, $1) }
        routes.post("v1/streams/:id", .own) { try await change($0, $1) }
        routes.delete("v1/streams/:id", .own) { try await delete($0, $1) }
        routes.post("v1/streams/:id/verify", .own) { try await verify($0, $1) }
        routes.post("v1/streams/:id/approve", .administer) { try await approve($0, $1) }
        routes.post("v1/streams/:id/pause", .own) { try await pause($0, $1) }
        routes.post("v1/streams/:id/resume", .own) { try await resume($0, $1) }
        routes.post("v1/streams/:id/rotate-secret", .own) { try await rotateSecret($0, $1) }
        routes.get("v1/sinks", .read) { _, _ in
            Response.json(.array(surroundings.providers.map(SinkAnswer.json)))
        }
    }

    private func provider(of kind: String) -> (any SinkProvider)? {
        surroundings.providers.first { $0.kind == kind }
    }

    private func find(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> (record: StreamRecord, workspace: Workspace) {
        try await surroundings.stream(of: request, context)
    }

    // MARK: - Changes

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request, context)
        let body = StreamBody(fields, now: .now, retention: surroundings.retention)
        guard let provider = provider(of: body.destination.kind) else {
            let kinds = surroundings.providers.map(\.kind).joined(separator: ", ")
            throw APIError.invalid("sink", "must be one of those served here: \(kinds)")
        }
        await body.check(with: provider, fields)
        try fields.check()

        let log = surroundings.log
        let start =
            if let time = body.startFrom { try await log.offset(at: time) } else {
                log.bounds.upperBound
            }
        let record = try await catalog.createStream(
            StreamDraft(
                destination: body.destination,
                secretFields: Set(provider.fields.filter(\.isSecret).map(\.name)),
                format: body.format,
                limits: body.limits,
                filter: body.filter,
                maxAge: body.maxAge,
                requestsPerSecond: body.requestsPerSecond,
                lanes: body.lanes,
                key: body.key ?? StreamSecrets.newKey(),
                secrets: [SigningSecret(StreamSecrets.newSecret())],
                status: surroundings.needsApproval ? .requested : .verifying,
                start: start,
                startTotal: try await log.total(of: workspace.number, before: start)
            ),
            in: workspace
        )
        await surroundings.reloadStreams()
        return .json(StreamAnswer.created(record, provider))
    }

    /// Changes what the body names; another endpoint, method or authentication waits for its test delivery.
    private func change(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        let stream = record.stream
        guard let provider = provider(of: stream.destination.kind) else {
            throw APIError.invalid("sink", "\(stream.destination.kind) is not served here any more")
        }
        let fields = try await Fields.read(request, context)
        let body = StreamBody(
            fields,
            now: .now,
            retention: surroundings.retention,
            changing: stream
        )
        await body.check(with: provider, fields)
        try fields.check()
        var change = StreamChange()
        if body.destination != stream.destination || stream.pending != nil {
            let verified = body.destination.settings.filter {
                !StreamBody.unverified.contains($0.key)
            }
            change.destination = body.destination
            change.isTrusted =
                verified
                == stream.destination.settings.filter { !StreamBody.unverified.contains($0.key) }
        }
        change.secretFields = Set(provider.fields.filter(\.isSecret).map(\.name))
        change.key = body.key
        // What isn't named is as somebody else may have changed it meanwhile.
        if fields.has("format") { change.format = body.format }
        if fields.has("batch") { change.limits = body.limits }
        if fields.has("filter") { change.filter = body.filter }
        if fields.has("maxAge") { change.maxAge = body.maxAge }
        if fields.isGiven("maxRequestsPerSecond") {
            change.requestsPerSecond = .some(body.requestsPerSecond)
        }
        let changed = try await catalog.changeStream(
            id: stream.id,
            in: workspace,
            change
        )
        await surroundings.reloadStreams()
        return .json(try await answer(changed))
    }

    private func delete(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        let answer = try await answer(record)
        _ = try await catalog.deleteStream(id: record.stream.id, in: workspace)
        // The stream is gone for its owner; its last attempt may take a minute to end, and then its
        // place is forgotten.
        await surroundings.reloadStreams()
        return .json(answer)
    }

    /// Sends the test delivery again; its outcome shows in the stream's status.
    private func verify(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        switch record.stream.state.status {
        case .requested: throw APIError.notNow("the stream waits for approval")
        case .paused, .disabled:
            throw APIError.notNow(
                "the stream is \(record.stream.state.status.rawValue): resume lets it go on"
            )
        case .active, .failing:
            guard record.stream.pending != nil else { return .json(try await answer(record)) }
            let again = try await catalog.retryPending(id: record.stream.id, in: workspace)
            await surroundings.reloadStreams()
            return .json(try await answer(again))
        case .verifying: break
        }
        let moved = try await catalog.moveStream(
            id: record.stream.id,
            in: workspace,
            from: [.verifying],
            to: .verifying
        )
        // One that is verifying and has no reason yet is tested.
        await surroundings.reloadStreams()
        return .json(try await answer(moved))
    }

    private func approve(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        let moved = try await catalog.moveStream(
            id: record.stream.id,
            in: workspace,
            from: [.requested],
            to: .verifying
        )
        await surroundings.reloadStreams()
        return .json(try await answer(moved))
    }

    /// Stops deliveries; the stream keeps its place.
    private func pause(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        switch record.stream.state.status {
        case .requested, .verifying:
            throw APIError.notNow("the stream has not been confirmed: there is nothing to pause")
        case .active, .failing, .paused, .disabled: break
        }
        let moved = try await catalog.moveStream(
            id: record.stream.id,
            in: workspace,
            from: [.active, .failing, .paused],
            to: .paused
        )
        await surroundings.reloadStreams()
        return .json(try await answer(moved))
    }

    /// Goes on where the stream stood, or skips what lies before now or a time.
    private func resume(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        let fields = try await Fields.read(request, context)
        let from = fields.string("from") ?? "checkpoint"
        for name in fields.names where name != "from" {
            fields.note(name, "InvalidFormat", "is not known")
        }
        let log = surroundings.log
        var skipTo: Offset?
        var replay: Replay?
        switch from {
        case "checkpoint": break
        case "now": skipTo = log.bounds.upperBound
        default:
            guard let time = Timestamp(from), time <= .now else {
                fields.note(
                    "from",
                    "InvalidFormat",
                    "must be checkpoint, now or a moment that is past"
                )
                break
            }
            // What lies behind the stream's place is skipped; what it is done with is sent again, beside.
            skipTo = try await log.offset(at: time)
            replay = try await surroundings.planReplay(record.stream, time, .now)
        }
        try fields.check()
        switch record.stream.state.status {
        case .requested, .verifying:
            throw APIError.notNow("the stream has not been confirmed: verify it first")
        case .active, .failing, .paused, .disabled: break
        }
        let moved = try await catalog.moveStream(
            id: record.stream.id,
            in: workspace,
            from: [.paused, .disabled, .failing, .active],
            to: .active,
            skipTo: skipTo,
            with: replay
        )
        await surroundings.reloadStreams()
        return .json(try await answer(moved))
    }

    /// Makes a new signing secret, and shows it this once.
    private func rotateSecret(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Response {
        let (record, workspace) = try await find(request, context)
        let fields = try await Fields.read(request, context)
        let overlap = fields.duration("overlap", inSeconds: 0...(7 * 86_400)) ?? .seconds(86_400)
        for name in fields.names where name != "overlap" {
            fields.note(name, "InvalidFormat", "is not known")
        }
        try fields.check()
        let secret = StreamSecrets.newSecret()
        try await catalog.rotateSecret(
            id: record.stream.id,
            in: workspace,
            to: secret,
            overlap: overlap
        )
        await surroundings.reloadStreams()
        return .json(["secret": .string(secret)])
    }

    // MARK: - Answers

    private func answer(_ record: StreamRecord) async throws -> JSON {
        StreamAnswer.later(
            record,
            provider(of: record.stream.destination.kind),
            try await surroundings.ledger.accounting(of: record.stream)
        )
    }
}
