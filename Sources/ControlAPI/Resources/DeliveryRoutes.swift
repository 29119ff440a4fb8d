import Catalog
import ClickModel
import Hummingbird

/// What became of a stream's batches: `/v1/streams/{id}/deliveries` and `.../parked`.
struct DeliveryRoutes {
    private static let mostItems = 100

    private let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func add(to routes: Routes) {
        routes.get("v1/streams/:id/stats", .read) { request, context in
            let stream = try await surroundings.stream(of: request, context).record.stream
            return Response.json(
                Self.json(
                    stream,
                    try await surroundings.ledger.accounting(of: stream),
                    try await surroundings.ledger.attemptSummary(of: stream.id)
                )
            )
        }
        routes.get("v1/streams/:id/deliveries", .read) { request, context in
            let stream = try await surroundings.stream(of: request, context).record.stream
            let attempts = try await surroundings.ledger.attempts(
                of: stream.id,
                before: try request.number(query: "last"),
                limit: try request.limit(atMost: Self.mostItems, unless: 25)
            )
            return Response.json(.array(attempts.map(Self.json)))
        }
        routes.get("v1/streams/:id/parked", .read) { request, context in
            let stream = try await surroundings.stream(of: request, context).record.stream
            let events = try await surroundings.ledger.parked(
                of: stream.id,
                after: try request.number(query: "last"),
                limit: try request.limit(atMost: Self.mostItems, unless: 25)
            )
            return Response.json(.array(events.map(Self.json)))
        }
        routes.post("v1/streams/:id/parked/:event/retry", .own) { try await retry($0, $1) }
        routes.delete("v1/streams/:id/parked/:event", .own) { try await discard($0, $1) }
        routes.post("v1/streams/:id/replay", .own) { try await replay($0, $1) }
        routes.get("v1/streams/:id/replays", .read) { request, context in
            let stream = try await surroundings.stream(of: request, context).record.stream
            let replays = try await surroundings.catalog.replays(
                of: stream.id,
                limit: try request.limit(atMost: Self.mostItems, unless: 25)
            )
            var answers: [JSON] = []
            for replay in replays { answers.append(try await json(replay)) }
            return Response.json(.array(answers))
        }
    }

    /// Sends events again that the stream is done with, beside what it does.
    private func replay(_ request: Request, _ context: ControlContext) async throws -> Response {
        let stream = try await surroundings.stream(of: request, context).record.stream
        guard stream.state.status.isDelivering else {
            throw APIError.notNow(
                "the stream is \(stream.state.status.rawValue): a replay needs one that delivers"
            )
        }
        let fields = try await Fields.read(request, context)
        let from = moment("from", fields)
        if !fields.has("from") { fields.note("from", "RequiredField", "is required") }
        let to = fields.has("to") ? moment("to", fields) : .now
        for name in fields.names where !["from", "to"].contains(name) {
            fields.note(name, "InvalidFormat", "is not known")
        }
        try fields.check()
        guard let from, let to, from < to,
            let plan = try await surroundings.planReplay(stream, from, to)
        else {
            throw APIError.invalid("from", "the stream has delivered nothing between these moments")
        }
        let made = try await surroundings.catalog.createReplay(plan)
        await surroundings.reloadStreams()
        return .json(try await json(made))
    }

    private func moment(_ name: String, _ fields: Fields) -> Timestamp? {
        guard let text = fields.string(name) else { return nil }
        if let time = Timestamp(text) { return time }
        fields.note(name, "InvalidFormat", "must be a moment such as 2019-07-02T14:07:06Z")
        return nil
    }

    private func json(_ record: ReplayRecord) async throws -> JSON {
        let replay = record.replay
        let position =
            record.finishedAt == nil
            ? try await surroundings.ledger.position(of: replay.id)?.checkpoint
            : replay.covers.upperBound
        return [
            "id": .string(replay.id.description),
            "first": .integer(replay.covers.lowerBound.value),
            "end": .integer(replay.covers.upperBound.value),
            "checkpoint": .integer((position ?? replay.covers.lowerBound).value),
            "firstSequence": .integer(replay.firstSequence),
            "createdAt": .moment(record.createdAt),
            "finishedAt": record.finishedAt.map { .moment($0) } ?? .null,
        ]
    }

    private func find(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> (event: ParkedEvent, stream: EventStream, workspace: Workspace) {
        let (record, workspace) = try await surroundings.stream(of: request, context)
        let stream = record.stream
        guard let id = context.parameters.get("event").flatMap({ Int64($0) }), id > 0,
            let event = try await surroundings.ledger.parked(of: stream.id, after: id - 1, limit: 1)
                .first, event.id == id
        else { throw CatalogError.notFound("parked event") }
        return (event, stream, workspace)
    }

    /// Sends the event again, and tells how that went; one that is accepted is parked no more.
    private func retry(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (event, stream, workspace) = try await find(request, context)
        try await note("retry", event, of: stream, in: workspace)
        let (status, error): (String, String?) =
            switch try await surroundings.retryParked(event, stream) {
            case .delivered: ("delivered", nil)
            case .failed(let failure), .refused(let failure, _), .gone(let failure):
                ("parked", failure.message)
            case .abandoned: ("parked", "the attempt was broken off: try again")
            }
        return .json(["id": .text("\(event.id)"), "status": .string(status), "error": .text(error)])
    }

    private func note(
        _ action: String,
        _ event: ParkedEvent,
        of stream: EventStream,
        in workspace: Workspace
    ) async throws {
        try await surroundings.catalog.note(
            action,
            "parked event",
            id: "\(event.id)",
            name: stream.id.description,
            in: workspace
        )
    }

    /// Takes the event out for good: it counts as expired.
    private func discard(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (event, stream, workspace) = try await find(request, context)
        guard
            try await surroundings.ledger.unpark(event.id, of: stream.id, isDelivered: false)
        else { throw CatalogError.notFound("parked event") }
        try await note("discard", event, of: stream, in: workspace)
        return .json(Self.json(event))
    }

    private static func json(
        _ stream: EventStream,
        _ accounting: DeliveryAccounting,
        _ attempts: AttemptSummary
    ) -> JSON {
        [
            "status": .string(stream.state.status.rawValue),
            "since": .moment(stream.state.since),
            "checkpoint": .integer(accounting.checkpoint.value),
            "lag": .integer(accounting.pending),
            "accounting": StreamAnswer.json(accounting),
            "attempts": [
                "from": attempts.from.map { .moment($0) } ?? .null,
                "count": .integer(attempts.count),
                "delivered": .integer(attempts.delivered),
                "failed": .integer(attempts.count - attempts.delivered),
                "events": .integer(attempts.events),
                "averageDuration": attempts.averageDuration.map { .decimal($0.inSeconds) }
                    ?? .null,
            ],
        ]
    }

    private static func json(_ attempt: RecordedAttempt) -> JSON {
        let record = attempt.record
        return [
            "id": .text("\(attempt.id)"),
            "batch": .string(record.batch),
            "attempt": .integer(record.number),
            "at": .moment(record.at),
            "duration": .decimal(record.duration.inSeconds),
            "status": .string(record.status),
            "error": .text(record.error),
            "answer": record.answer.map { answer in
                [
                    "status": answer.status.map { .integer($0) } ?? .null,
                    "body": .string(answer.text),
                ]
            } ?? .null,
            "events": .integer(record.events),
            "firstSequence": .integer(record.sequences.lowerBound),
            "lastSequence": .integer(record.sequences.upperBound),
            "lane": record.lane.map { .integer($0) } ?? .null,
        ]
    }

    private static func json(_ event: ParkedEvent) -> JSON {
        [
            "id": .text("\(event.id)"),
            "event": (try? JSONReader.read(event.event))
                ?? .string(String(decoding: event.event, as: UTF8.self)),
            "sequence": .integer(event.sequence),
            "lane": event.lane.map { .integer($0) } ?? .null,
            "reason": .string(event.reason),
            "attempts": .integer(event.attempts),
            "parkedAt": .moment(event.parkedAt),
        ]
    }
}

extension Surroundings {
    /// The stream that a request names, and its workspace.
    func stream(
        of request: Request,
        _ context: ControlContext
    ) async throws -> (record: StreamRecord, workspace: Workspace) {
        let workspace = try await workspace(of: request, context)
        let id = EventStream.ID(context.parameters.get("id") ?? "")
        return (try await catalog.stream(id: id, in: workspace), workspace)
    }
}
