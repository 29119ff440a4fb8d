import Catalog
import ClickModel
import Foundation
import Testing

struct NoticesTests {
    @Test func `every change of a stream's state is kept to be told, in order`() async throws {
        try await withCatalog({ $0.keepsNotices = true }) { catalog in
            let workspace = try await catalog.mainWorkspace()
            let stream = try await catalog.makeStream().stream
            func set(_ status: StreamStatus, _ reason: String?) async throws {
                try await catalog.setState(
                    StreamState(status, reason: reason, since: Timestamp(microseconds: 1)),
                    of: stream.id,
                    from: [.verifying, .active, .failing]
                )
            }
            try await set(.verifying, "answered 500")
            try await set(.active, nil)
            try await set(.failing, "answered \"503\"")
            // It fails in another way: nothing new.
            try await set(.failing, "timed out")
            let announcement = ExpiryAnnouncement(
                percent: 70,
                events: 12,
                at: Timestamp(microseconds: 5)
            )
            try await catalog.setAnnouncement(announcement, of: stream)
            #expect(try await catalog.streams().first?.announced == announcement)
            try await catalog.setAnnouncement(nil, of: stream)
            #expect(try await catalog.streams().first?.announced == nil)
            _ = try await catalog.moveStream(
                id: stream.id,
                in: workspace,
                from: [.failing],
                to: .paused
            )
            var told: [String] = []
            while let notice = try await catalog.oldestNotice() {
                let body = try JSONSerialization.jsonObject(with: Data(notice.body))
                let members = try #require(body as? [String: Any])
                let data = try #require(members["data"] as? [String: Any])
                #expect(data["stream"] as? String == stream.id.description)
                #expect((data["workspace"] as? [String: Any])?["name"] as? String == "Main")
                #expect(notice.id.hasPrefix("ntc_"))
                let words = ["previous", "status", "reason", "percent", "events"].map {
                    data[$0].map { "\($0 is NSNull ? "-" : $0)" } ?? "."
                }
                told.append("\(members["type"] ?? "") \(words.joined(separator: " "))")
                try await catalog.removeNotice(notice.id)
            }
            #expect(
                told == [
                    "stream.status - verifying - . .",
                    "stream.status verifying verifying answered 500 . .",
                    "stream.status verifying active - . .",
                    "stream.status active failing answered \"503\" . .",
                    "stream.expiring . . . 70 12", "stream.status failing paused - . .",
                ]
            )
        }
    }

    @Test func `nothing is kept where nobody asked to be told`() async throws {
        try await withCatalog { catalog in
            _ = try await catalog.makeStream()
            #expect(try await catalog.oldestNotice() == nil)
        }
    }
}
