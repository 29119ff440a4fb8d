import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import Synchronization
import TestKit
import Testing

struct StreamRoutesTests {
    private static let body = """
        {"endpoint":"https://example.com/hook","method":"PUT",
         "authentication":{"header":"X-Check","value":"Basic a:b c"},"key":"abcxyz123",
         "batch":{"seconds":0.2}}
        """

    @Test func `secrets are in clear in the answer to the creation, and masked ever after`()
        async throws
    {
        try await withAPI { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            #expect(made.status == 200)
            #expect(made.string("status") == "verifying")
            #expect(made.string("key") == "abcxyz123")
            #expect(made.string("method") == "PUT")
            #expect(made.string("authentication", "header") == "X-Check")
            #expect(made.string("authentication", "value") == "Basic a:b c")
            let secret = try #require(made.string("secret"))
            #expect(secret.hasPrefix("whsec_") && secret.count == 50)
            #expect(world.reloads.count == 1)

            let id = try #require(made.string("id"))
            for path in ["/v1/streams", "/v1/streams/\(id)"] {
                let later = try await client.call(.get, path)
                #expect(later.status == 200)
                for clear in ["abcxyz123", secret, "a:b c"] { #expect(!later.text.contains(clear)) }
            }
            let one = try await client.call(.get, "/v1/streams/\(id)")
            #expect(one.string("endpoint") == "https://example.com/hook")
            #expect(one["batch", "seconds"] as? Double == 0.2)
            #expect(one.integer("batch", "events") == 500)
        }
    }

    @Test func `what isn't given has the documented defaults`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(
                .post,
                "/v1/streams",
                """
                {"endpoint":"https://example.com/","method":"POST","format":"",
                 "authentication":{"header":"X","value":"y"},"lanes":1,"gzip":false,"filter":{},
                 "tls":null,"proxy":null,"maxAge":"72h","maxRequestsPerSecond":null,"timeout":15}
                """
            )
            #expect(made.status == 200, "\(made.text)")
            #expect(made.string("key")?.count == 32)
            let stream = try #require(try await world.catalog.streams().first)
            #expect(stream.limits == BatchLimits())
            #expect(stream.format == .rebrandly)
        }
    }

    @Test(arguments: [
        (#""batch":{"events":0}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":10001}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":1.5}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":"5"}"#, "batch.events:InvalidFormat"),
        (#""batch":{"bytes":16383}"#, "batch.bytes:InvalidFormat"),
        (#""batch":{"bytes":1e99}"#, "batch.bytes:InvalidFormat"),
        (#""batch":{"seconds":-0.1}"#, "batch.seconds:InvalidFormat"),
        (#""batch":{"seconds":301}"#, "batch.seconds:InvalidFormat"),
        (#""batch":{"size":3}"#, "batch.size:InvalidFormat"),
        (#""batch":[]"#, "batch:InvalidFormat"),
        (#""format":"xml""#, "format:InvalidFormat"),
        (#""startFrom":"tomorrow""#, "startFrom:InvalidFormat"),
        (#""startFrom":"2999-01-01T00:00:00Z""#, "startFrom:InvalidFormat"),
        (#""timeout":0.5"#, "timeout:InvalidFormat"),
        (#""timeout":61"#, "timeout:InvalidFormat"),
        (#""filter":{"link":[]}"#, "filter.link:InvalidFormat"),
        (#""filter":{"links":"a"}"#, "filter.links:InvalidFormat"),
        (#""filter":{"links":[1]}"#, "filter.links:InvalidFormat"),
        (#""filter":{"types":["cat"]}"#, "filter.types:InvalidFormat"),
        (#""filter":{"countries":["brazil"]}"#, "filter.countries:InvalidFormat"),
        (#""filter":{"orphans":1}"#, "filter.orphans:InvalidFormat"),
        (#""filter":[]"#, "filter:InvalidFormat"),
        (#""lanes":0"#, "lanes:InvalidFormat"), (#""lanes":17"#, "lanes:InvalidFormat"),
        (#""lanes":"2""#, "lanes:InvalidFormat"), (#""gzip":"yes""#, "gzip:InvalidFormat"),
        (#""tls":{"key":"x"}"#, "tls.key:InvalidFormat"),
        (#""proxy":5"#, "proxy:InvalidFormat"),
        // Longer than the log keeps events.
        (#""maxAge":"169h""#, "maxAge:InvalidFormat"),
        (#""maxAge":"soon""#, "maxAge:InvalidFormat"), (#""maxAge":0"#, "maxAge:InvalidFormat"),
        (#""maxRequestsPerSecond":0"#, "maxRequestsPerSecond:InvalidFormat"),
        (#""sink":"kafka""#, "sink:InvalidFormat"), (#""bacth":{}"#, "bacth:InvalidFormat"),
        (#""authentication":"x""#, "authentication:InvalidFormat"),
    ])
    func `what can't be is 403 and names the property`(member: String, problem: String)
        async throws
    {
        try await withAPI { client, world in
            let base =
                member.contains("authentication")
                ? "" : #""authentication":{"header":"X","value":"y"},"#
            let answer = try await client.call(
                .post,
                "/v1/streams",
                #"{"endpoint":"https://example.com/","method":"POST",\#(base)\#(member)}"#
            )
            #expect(answer.status == 403)
            #expect(answer.problems.contains(problem), "\(answer.problems)")
            #expect(try await world.catalog.streams().isEmpty)
        }
    }

    @Test func `the kind's own problems come by the names of the body, all at once`()
        async throws
    {
        try await withAPI { client, _ in
            let none = try await client.call(.post, "/v1/streams", "{}")
            #expect(none.status == 403)
            #expect(none.code == "RequiredField")
            #expect(
                none.problems == [
                    "endpoint:RequiredField", "method:RequiredField",
                    "authentication.header:RequiredField",
                    "authentication.value:RequiredField",
                ]
            )
            let inward = try await client.call(
                .post,
                "/v1/streams",
                Self.body.replacing("example.com", with: "127.0.0.1")
            )
            #expect(inward.status == 403)
            #expect(inward.code == "AddressRefused")
            #expect(inward.problems == ["endpoint:AddressRefused"])
        }
    }

    @Test func `the accounting adds up from the stream's start`() async throws {
        try await withAPI { client, world in
            let workspace = try await world.catalog.mainWorkspace()
            let before = Timestamp(microseconds: 1_000_000)
            try await world.source.append([TestEvent("a", workspace: workspace.number, at: before)])
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = try #require(made.string("id"))
            let old = try await client.call(
                .post,
                "/v1/streams",
                Self.body.replacing(
                    "\"batch\"",
                    with: #""startFrom":"1970-01-01T00:00:00Z","batch""#
                )
            )
            try await world.source.append([
                TestEvent("b", workspace: workspace.number), TestEvent("c", workspace: 99),
                TestEvent("d", workspace: workspace.number),
            ])
            var position = StreamPosition(stream: EventStream.ID(id), checkpoint: Offset(2))
            position.delivered = 1
            try await world.log.save(position)

            let stream = try await client.call(.get, "/v1/streams/\(id)")
            #expect(stream.integer("accounting", "in") == 2)
            #expect(stream.integer("accounting", "delivered") == 1)
            #expect(stream.integer("accounting", "pending") == 1)
            #expect(stream.integer("lag") == 1)
            #expect(stream.integer("checkpoint") == 2)
            let oldID = try #require(old.string("id"))
            let older = try await client.call(.get, "/v1/streams/\(oldID)")
            #expect(older.integer("accounting", "in") == 3)
        }
    }

    @Test func `verify asks for another test delivery, and forgets the reason`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = EventStream.ID(try #require(made.string("id")))
            try await world.catalog.setState(
                StreamState(.verifying, reason: "answered 500", since: .now),
                of: id,
                from: [.verifying]
            )
            let before = try await client.call(.get, "/v1/streams/\(id)")
            #expect(before.string("statusReason") == "answered 500")
            let answer = try await client.call(.post, "/v1/streams/\(id)/verify")
            #expect(answer.status == 200)
            #expect(world.reloads.count == 2)
            #expect(try await world.catalog.streams().first?.state.reason == nil)

            try await world.catalog.setState(
                StreamState(.active, since: .now),
                of: id,
                from: [.verifying]
            )
            #expect(try await client.call(.post, "/v1/streams/\(id)/verify").status == 200)
            #expect(world.reloads.count == 2)
            #expect(try await client.call(.post, "/v1/streams/nobody/verify").status == 404)
        }
    }

    @Test func `where approval is asked for, a stream waits for the operator`() async throws {
        try await withAPI(needsApproval: true) { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            #expect(made.string("status") == "requested")
            let id = try #require(made.string("id"))
            #expect(try await client.call(.post, "/v1/streams/\(id)/verify").status == 403)
            let key = try await client.call(.post, "/v1/keys", #"{"name":"k"}"#).string("key")
            let own = try await client.call(.post, "/v1/streams/\(id)/approve", key: key)
            #expect(own.status == 403)
            let approved = try await client.call(.post, "/v1/streams/\(id)/approve")
            #expect(approved.string("status") == "verifying")
            #expect(world.reloads.count == 2)
        }
    }

    @Test func `what was chosen is kept and shown`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(
                .post,
                "/v1/streams",
                """
                {"endpoint":"https://example.com/","method":"POST","format":"cloudevents",
                 "authentication":{"header":"X","value":"y"},"gzip":true,"maxAge":"90m",
                 "filter":{"countries":["BR"],"types":["human"],"tags":[]},"proxy":"http://p:1",
                 "tls":{"ca":"C","certificate":"D","privateKey":"E"},"maxRequestsPerSecond":2.5}
                """
            )
            #expect(made.status == 200, "\(made.text)")
            #expect(made.string("tls", "privateKey") == "E")
            let id = try #require(made.string("id"))
            let shown = try await client.call(.get, "/v1/streams/\(id)")
            #expect(shown.string("maxAge") == "90m")
            #expect(shown["maxRequestsPerSecond"] as? Double == 2.5)
            #expect(shown["filter", "countries"] as? [String] == ["br"])
            #expect(shown["filter", "tags"] as? [String] == [])
            #expect(shown["gzip"] as? Bool == true)
            #expect(shown.string("tls", "certificate") == "D")
            #expect(shown.string("tls", "privateKey") == "********")
            #expect(shown.string("proxy") == "********")
            let stream = try #require(try await world.catalog.streams().first)
            #expect(stream.filter == EventFilter(tags: [], countries: ["br"], types: ["human"]))
            #expect(stream.maxAge == .seconds(5400))
            #expect(stream.requestsPerSecond == 2.5)
            #expect(stream.format == .cloudevents)
            #expect(stream.destination.settings["tls.privateKey"] == "E")
        }
    }

    /// Makes a stream that is being delivered.
    private func active(_ client: any TestClientProtocol, _ world: World) async throws
        -> EventStream.ID
    {
        let made = try await client.call(.post, "/v1/streams", Self.body)
        let id = EventStream.ID(try #require(made.string("id")))
        try await world.catalog.setState(
            StreamState(.active, since: .now),
            of: id,
            from: [.verifying]
        )
        return id
    }

    @Test func `a stream is paused, and goes on where it stood or where it is told to`()
        async throws
    {
        try await withAPI { client, world in
            let unconfirmed = try #require(
                try await client.call(.post, "/v1/streams", Self.body).string("id")
            )
            #expect(try await client.call(.post, "/v1/streams/\(unconfirmed)/pause").status == 403)
            #expect(try await client.call(.post, "/v1/streams/\(unconfirmed)/resume").status == 403)
            let id = try await active(client, world)
            let reloads = world.reloads.count
            let paused = try await client.call(.post, "/v1/streams/\(id)/pause")
            #expect(paused.string("status") == "paused")
            #expect(world.reloads.count == reloads + 1)
            let workspace = try await world.catalog.mainWorkspace()
            let old = Timestamp(microseconds: 1_700_000_000_000_000)
            try await world.source.append([
                TestEvent("a", workspace: workspace.number, at: old),
                TestEvent("b", workspace: workspace.number, at: old.advanced(by: .seconds(10))),
            ])
            func stream() async throws -> EventStream {
                try #require(try await world.catalog.streams().first { $0.id == id })
            }
            #expect(try await stream().skipTo == nil)
            let resumed = try await client.call(.post, "/v1/streams/\(id)/resume")
            #expect(resumed.string("status") == "active")
            #expect(try await stream().resumedAt != nil)
            #expect(try await stream().skipTo == Offset.zero)

            let bad = try await client.call(.post, "/v1/streams/\(id)/resume", #"{"from":"soon"}"#)
            #expect(bad.problems == ["from:InvalidFormat"])
            let typo = try await client.call(.post, "/v1/streams/\(id)/resume", #"{"form":"now"}"#)
            #expect(typo.problems == ["form:InvalidFormat"])
            let later = #"{"from":"\#(old.advanced(by: .seconds(5)))"}"#
            #expect(try await client.call(.post, "/v1/streams/\(id)/resume", later).status == 200)
            #expect(try await stream().skipTo == Offset(1))
            _ = try await client.call(.post, "/v1/streams/\(id)/resume", #"{"from":"now"}"#)
            #expect(try await stream().skipTo == Offset(2))
            var position = StreamPosition(stream: id, checkpoint: Offset(2))
            position.expired = 2
            try await world.log.save(position)
            // What it is done with is sent again, beside what it does.
            #expect(try await client.call(.post, "/v1/streams/\(id)/resume", later).status == 200)
            let replays = try await world.catalog.replays(of: id, limit: 9)
            #expect(replays.map(\.replay.covers) == [Offset(1)..<Offset(2)])
        }
    }

    @Test func `a replay is ordered by two moments, and shows how far it is`() async throws {
        try await withAPI { client, world in
            let id = try await active(client, world)
            let path = "/v1/streams/\(id)"
            let workspace = try await world.catalog.mainWorkspace()
            let old = Timestamp(microseconds: 1_700_000_000_000_000)
            try await world.source.append(
                (0..<5).map {
                    TestEvent(
                        "m\($0)",
                        workspace: workspace.number,
                        at: old.advanced(by: .seconds($0))
                    )
                }
            )
            let whole = #"{"from":"\#(old)"}"#
            let nothing = try await client.call(.post, "\(path)/replay", whole)
            #expect(nothing.problems == ["from:InvalidFormat"])
            var position = StreamPosition(stream: id, checkpoint: Offset(4))
            position.delivered = 4
            try await world.log.save(position)
            let part =
                #"{"from":"\#(old.advanced(by: .seconds(1)))","to":"\#(old.advanced(by: .seconds(3)))"}"#
            let made = try await client.call(.post, "\(path)/replay", part)
            #expect(made.integer("first") == 1 && made.integer("end") == 3)
            #expect(made.integer("firstSequence") == 2 && made.integer("checkpoint") == 1)
            let streams = try await world.catalog.streams()
            let replay = try #require(streams.last?.replay)
            #expect(streams.count == 2 && streams.last?.id == replay.id)
            #expect(streams.last?.requestsPerSecond == 10)
            try await world.log.save(StreamPosition(stream: replay.id, checkpoint: Offset(2)))
            let under = try await client.call(.get, "\(path)/replays")
            #expect(under["0", "checkpoint"] as? Int == 2)
            #expect(under["0", "finishedAt"] is NSNull)
            try await world.catalog.finishReplay(replay.id)
            #expect(try await world.catalog.streams().count == 1)
            let over = try await client.call(.get, "\(path)/replays")
            #expect(over["0", "checkpoint"] as? Int == 3)
            #expect(over["0", "finishedAt"] is String)
            for bad in [
                "{}", #"{"from":"x"}"#, #"{"from":"\#(old)","till":"x"}"#,
                #"{"from":"\#(old)","to":"x"}"#,
            ] {
                #expect(try await client.call(.post, "\(path)/replay", bad).status == 403)
            }
            for _ in 1...10 {
                #expect(try await client.call(.post, "\(path)/replay", whole).status == 200)
            }
            #expect(try await client.call(.post, "\(path)/replay", whole).status == 403)
            _ = try await client.call(.post, "\(path)/pause")
            #expect(try await client.call(.post, "\(path)/replay", part).status == 403)
        }
    }

    @Test func `a new signing secret is shown once, and the old one counts on for a while`()
        async throws
    {
        try await withAPI { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = try #require(made.string("id"))
            let first = try #require(made.string("secret"))
            let answer = try await client.call(
                .post,
                "/v1/streams/\(id)/rotate-secret",
                #"{"overlap":"1h"}"#
            )
            let second = try #require(answer.string("secret"))
            #expect(second.hasPrefix("whsec_") && second != first)
            let secrets = try #require(try await world.catalog.streams().first).secrets
            #expect(secrets.map(\.value) == [second, first])
            let end = try #require(secrets[1].until)
            #expect(secrets[0].until == nil)
            #expect(abs(end.seconds - Timestamp.now.seconds - 3600) < 60)
            // Without an overlap the old ones are gone at once.
            _ = try await client.call(
                .post,
                "/v1/streams/\(id)/rotate-secret",
                #"{"overlap":"0s"}"#
            )
            let third = try #require(try await world.catalog.streams().first).secrets
            #expect(third.filter { $0.counts(at: .now) }.count == 1)
            let long = try await client.call(
                .post,
                "/v1/streams/\(id)/rotate-secret",
                #"{"overlap":"8d"}"#
            )
            #expect(long.problems == ["overlap:InvalidFormat"])
        }
    }

    @Test func `attempts are listed newest first, parked events oldest first`() async throws {
        try await withAPI { client, world in
            let id = try await active(client, world)
            var position = StreamPosition(stream: id, checkpoint: Offset(9))
            position.parked = 2
            for number in 1...3 {
                let attempt = AttemptRecord(
                    batch: "bat_\(number)",
                    number: 1,
                    at: Timestamp(microseconds: 1_700_000_000_123_456),
                    duration: .milliseconds(250),
                    status: number < 3 ? "refused" : "delivered",
                    error: number < 3 ? "answered 422" : nil,
                    answer: number < 3 ? DeliveryAnswer(status: 422, text: "no") : nil,
                    events: 4,
                    sequences: 2...5
                )
                let parked = ParkedEvent(
                    offset: Offset(1),
                    sequence: Int64(number),
                    clickedAt: .now,
                    format: .rebrandly,
                    event: Array(#"{"n":\#(number)}"#.utf8),
                    reason: "answered 422",
                    attempts: 3,
                    parkedAt: .now
                )
                try await world.log.store(
                    DeliveryStep(position, parked: number < 3 ? parked : nil)
                )
                world.log.note(attempt, of: id)
            }
            let path = "/v1/streams/\(id)"
            let newest = try await client.call(.get, "\(path)/deliveries?limit=2")
            #expect(newest.strings("batch") == ["bat_3", "bat_2"])
            #expect(newest["1", "answer", "status"] as? Int == 422)
            #expect(newest["1", "answer", "body"] as? String == "no")
            #expect(newest["0", "answer"] is NSNull)
            #expect(newest["0", "duration"] as? Double == 0.25)
            #expect(newest["0", "at"] as? String == "2023-11-14T22:13:20.123Z")
            #expect(newest["0", "lastSequence"] as? Int == 5)
            let last = try #require(newest["1", "id"] as? String)
            let older = try await client.call(.get, "\(path)/deliveries?last=\(last)")
            #expect(older.strings("batch") == ["bat_1"])
            #expect(try await client.call(.get, "\(path)/deliveries?last=x").status == 403)

            let parked = try await client.call(.get, "\(path)/parked")
            #expect(parked["0", "event", "n"] as? Int == 1)
            #expect(parked["1", "sequence"] as? Int == 2)
            let event = try #require(parked["0", "id"] as? String)
            let failed = try await client.call(.post, "\(path)/parked/\(event)/retry")
            #expect(failed.string("status") == "parked")
            #expect(failed.string("error") == "still not")
            let retried = try await client.call(.post, "\(path)/parked/\(event)/retry")
            #expect(retried.string("status") == "delivered")
            #expect(try await client.call(.post, "\(path)/parked/\(event)/retry").status == 404)
            let other = try #require(parked["1", "id"] as? String)
            #expect(try await client.call(.delete, "\(path)/parked/\(other)").status == 200)
            #expect(try await client.call(.delete, "\(path)/parked/\(other)").status == 404)
            #expect(try await client.call(.get, "\(path)/parked").text == "[]")
            let books = try await client.call(.get, path)
            #expect(books.integer("accounting", "delivered") == 1)
            #expect(books.integer("accounting", "expired") == 1)
            #expect(books.integer("accounting", "parked") == 0)

            let foreign = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            for route in ["deliveries", "parked"] {
                let answer = try await client.call(
                    .get,
                    "\(path)/\(route)",
                    workspace: foreign.string("id")
                )
                #expect(answer.status == 404)
            }
        }
    }

    @Test func `another endpoint waits for its test delivery, everything else counts at once`()
        async throws
    {
        try await withAPI { client, world in
            let id = try await active(client, world)
            let path = "/v1/streams/\(id)"
            let plain = try await client.call(
                .post,
                path,
                #"{"batch":{"events":7},"filter":{"types":["human"]},"timeout":20,"maxAge":"2h","key":"new-key-1"}"#
            )
            #expect(plain.status == 200, "\(plain.text)")
            #expect(plain["pending"] == nil)
            func stream() async throws -> EventStream {
                try #require(try await world.catalog.streams().first { $0.id == id })
            }
            var now = try await stream()
            #expect(now.limits.events == 7 && now.limits.wait == .milliseconds(200))
            #expect(now.filter == EventFilter(types: ["human"]))
            #expect(now.destination.settings["timeout"] == "20")
            #expect(now.maxAge == .seconds(7200))
            #expect(now.key == StreamKey("new-key-1", version: 2))
            #expect(now.previousKeys == [StreamKey("abcxyz123", version: 1)])
            _ = try await client.call(.post, path, #"{"key":"new-key-2"}"#)
            now = try await stream()
            #expect(now.key == StreamKey("new-key-2", version: 3))
            #expect(
                now.previousKeys == [
                    StreamKey("new-key-1", version: 2), StreamKey("abcxyz123", version: 1),
                ]
            )

            let moved = try await client.call(
                .post,
                path,
                #"{"endpoint":"https://other.example.com/","authentication":{"value":"new-secret"}}"#
            )
            #expect(moved.string("endpoint") == "https://example.com/hook")
            #expect(moved.string("pending", "endpoint") == "https://other.example.com/")
            #expect(moved.string("pending", "method") == "PUT")
            #expect(moved.string("pending", "authentication", "value") == "********")
            #expect(moved.string("pending", "status") == "verifying")
            #expect(moved.string("status") == "active")
            now = try await stream()
            let pending = try #require(now.pending)
            #expect(pending.destination.settings["value"] == "new-secret")
            #expect(now.destination.settings["value"] == "Basic a:b c")

            try await world.catalog.settlePending(pending, of: id, reason: "answered 500")
            let failed = try await client.call(.get, path)
            #expect(failed.string("pending", "reason") == "answered 500")
            let again = try await client.call(.post, "\(path)/verify")
            #expect(again.status == 200 && again["pending", "reason"] is NSNull)
            // An outcome of what is no longer asked for changes nothing.
            try await world.catalog.settlePending(
                PendingDestination(now.destination, reason: nil, since: .now),
                of: id,
                reason: nil
            )
            #expect(try await stream().pending != nil)
            // Whoever names the old settings wants nothing new any more.
            let old =
                #"{"endpoint":"https://example.com/hook","authentication":{"value":"Basic a:b c"}}"#
            #expect(try await client.call(.post, path, old)["pending"] == nil)
            #expect(try await stream().pending == nil)
            _ = try await client.call(
                .post,
                path,
                #"{"endpoint":"https://other.example.com/","authentication":{"value":"new-secret"}}"#
            )
            let current = try #require(try await stream().pending)
            try await world.catalog.settlePending(current, of: id, reason: nil)
            now = try await stream()
            #expect(now.pending == nil)
            #expect(now.destination.settings["endpoint"] == "https://other.example.com/")
            #expect(now.destination.settings["value"] == "new-secret")
            #expect(now.destination.settings["timeout"] == "20")

            for (bad, problem) in [
                (#"{"sink":"file"}"#, "sink:InvalidFormat"),
                (#"{"startFrom":"now"}"#, "startFrom:InvalidFormat"),
                (#"{"endpoint":"http://127.0.0.1/"}"#, "endpoint:AddressRefused"),
                (#"{"method":"GET"}"#, "method:InvalidFormat"),
                (#"{"batch":{"events":0}}"#, "batch.events:InvalidFormat"),
            ] {
                let answer = try await client.call(.post, path, bad)
                #expect(answer.problems == [problem])
            }
            #expect(try await stream() == now)
        }
    }

    @Test func `the kinds of sinks tell what they are made of`() async throws {
        try await withAPI { client, _ in
            let kinds = try await client.call(.get, "/v1/sinks")
            #expect(kinds["0", "kind"] as? String == "webhook")
            #expect(kinds["0", "fields", "3", "name"] as? String == "value")
            #expect(kinds["0", "fields", "3", "secret"] as? Bool == true)
            #expect(kinds["0", "fields", "3", "required"] as? Bool == true)
        }
    }

    @Test func `a deleted stream is gone`() async throws {
        try await withAPI { client, _ in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = try #require(made.string("id"))
            let other = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            let foreign = try await client.call(
                .delete,
                "/v1/streams/\(id)",
                workspace: other.string("id")
            )
            #expect(foreign.status == 404)
            #expect(try await client.call(.delete, "/v1/streams/\(id)").status == 200)
            #expect(try await client.call(.get, "/v1/streams/\(id)").status == 404)
            #expect(try await client.call(.get, "/v1/streams").text == "[]")
        }
    }
}
