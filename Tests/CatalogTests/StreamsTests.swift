import Catalog
import ClickModel
import Synchronization
import Testing

struct StreamsTests {
    @Test func `a stream is read as it was made`() async throws {
        try await withCatalog { catalog in
            let made = try await catalog.makeStream().stream
            #expect(made.start == Offset(7))
            #expect(made.startTotal == 3)
            #expect(made.limits == BatchLimits())
            #expect(made.secrets == [SigningSecret("whsec_c2VjcmV0LWluLWNsZWFy")])
            #expect(made.state.status == .verifying)
            #expect(try await catalog.streams() == [made])
        }
    }

    @Test func `a person's changes are told, delivery's own are not`() async throws {
        try await withCatalog { catalog in
            let told = Mutex(0)
            catalog.observeStreams { told.withLock { $0 += 1 } }
            let workspace = try await catalog.mainWorkspace()
            let stream = try await catalog.makeStream().stream
            #expect(told.withLock { $0 } == 1)
            let state = StreamState(.active, reason: nil, since: Timestamp(microseconds: 5))
            try await catalog.setState(state, of: stream.id, from: [.verifying])
            #expect(told.withLock { $0 } == 1)
            #expect(try await catalog.streams().first?.state == state)
            // It is active by now: what was found out while it was verified comes too late.
            let late = StreamState(.verifying, reason: "late", since: .now)
            try await catalog.setState(late, of: stream.id, from: [.verifying])
            #expect(try await catalog.streams().first?.state == state)
            _ = try await catalog.deleteStream(id: stream.id, in: workspace)
            #expect(told.withLock { $0 } == 2)
            // Delivery may be late: nothing happens.
            try await catalog.setState(state, of: stream.id, from: [.verifying])
            #expect(try await catalog.streams().isEmpty)
        }
    }

    @Test func `a stream moves on only from where it may`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let stream = try await catalog.makeStream().stream
            try await catalog.setState(
                StreamState(.verifying, reason: "answered 500", since: .now),
                of: stream.id,
                from: [.verifying]
            )
            let stays = try await catalog.moveStream(
                id: stream.id,
                in: workspace,
                from: [.requested],
                to: .active
            )
            #expect(stays.stream.state.reason == "answered 500")
            let moved = try await catalog.moveStream(
                id: stream.id,
                in: workspace,
                from: [.verifying],
                to: .verifying
            )
            #expect(moved.stream.state.status == .verifying)
            #expect(moved.stream.state.reason == nil)
        }
    }
}
