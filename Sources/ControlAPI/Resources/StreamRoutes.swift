import Catalog
import ClickModel
import Hummingbird

/// `/v1/streams`: the request's workspace's streams.
struct StreamRoutes {
    private let surroundings: Surroundings
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to router: Router<ControlContext>) {
        router.get("v1/streams") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            let records = try await catalog.streams(in: workspace, request.page())
            var answers: [JSON] = []
            for record in records { answers.append(try await answer(record)) }
            return Response.json(.array(answers))
        }
        router.get("v1/streams/count") { request, context in
            let workspace = try await surroundings.workspace(of: request, context)
            return Response.count(try await catalog.streamCount(in: workspace))
        }
        router.get("v1/streams/:id") { request, context in
            Response.json(try await answer(find(request, context).record))
        }
        router.post("v1/streams") { try await create($0, $1) }
        router.delete("v1/streams/:id") { try await delete($0, $1) }
        router.post("v1/streams/:id/verify") { try await verify($0, $1) }
        router.post("v1/streams/:id/approve") { try await approve($0, $1) }
    }

    private func find(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> (record: StreamRecord, workspace: Workspace) {
        let workspace = try await surroundings.workspace(of: request, context)
        let id = EventStream.ID(context.parameters.get("id") ?? "")
        return (try await catalog.stream(id: id, in: workspace), workspace)
    }

    // MARK: - Changes

    private func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let workspace = try await surroundings.workspace(of: request, context)
        let fields = try await Fields.read(request)
        let body = StreamBody(fields, now: .now)
        guard let provider = surroundings.providers.first(where: { $0.kind == StreamBody.kind })
        else { throw APIError.invalid("sink", "webhooks are not served here") }
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
                key: body.key ?? StreamSecrets.newKey(),
                secrets: [StreamSecrets.newSecret()],
                status: surroundings.needsApproval ? .requested : .verifying,
                start: start,
                startTotal: try await log.total(of: workspace.number, before: start)
            ),
            in: workspace
        )
        await surroundings.reloadStreams()
        return .json(StreamAnswer.created(record))
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
        case .requested: throw APIError.forbidden("the stream waits for approval")
        case .paused, .disabled: throw APIError.forbidden("the stream is stopped")
        case .active, .failing: return .json(try await answer(record))
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
        try context.requireAdministrator()
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

    // MARK: - Answers

    private func answer(_ record: StreamRecord) async throws -> JSON {
        let stream = record.stream
        // The position first: what is appended in between is then pending, never less than nothing.
        let position =
            try await surroundings.ledger.position(of: stream.id)
            ?? StreamPosition(stream: stream.id, checkpoint: stream.start)
        let total = try await surroundings.log.total(
            of: stream.workspace,
            before: surroundings.log.bounds.upperBound
        )
        return StreamAnswer.later(record, position, total: total)
    }
}
