import Catalog
import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore

/// Everything that a workspace has but its events, as NDJSON: `{"type":"link","data":{...}}`, one a line.
///
/// It is read page by page while it is sent, so what it takes doesn't grow with the workspace.
struct WorkspaceExport {
    /// One kind of thing: its name, and how a page of it is read, with the id that the next one starts after.
    fileprivate struct Section: Sendable {
        let type: String
        let read: @Sendable (Page) async throws -> [(place: ExportPlace, json: JSON)]

        init(
            _ type: String,
            _ read: @escaping @Sendable (Page) async throws -> [(place: ExportPlace, json: JSON)]
        ) {
            (self.type, self.read) = (type, read)
        }
    }

    private let surroundings: Surroundings
    private let workspace: Workspace
    private var catalog: Catalog { surroundings.catalog }

    init(_ surroundings: Surroundings, _ workspace: Workspace) {
        (self.surroundings, self.workspace) = (surroundings, workspace)
    }

    func response() async throws -> Response {
        let pages = ExportPages(sections(try await catalog.account()))
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: ResponseBody(asyncSequence: AsyncThrowingStream { try await pages.next() })
        )
    }

    private func sections(_ account: Account) -> [Section] {
        let marks = [Mark.Kind.tag, .script].map { kind in
            Section(kind.rawValue) { page in
                try await catalog.marks(kind, in: workspace, page).map {
                    (.id($0.id), MarkRoutes.answer(kind)($0))
                }
            }
        }
        return [
            Section("workspace") { _ in [(.end, facts)] },
            Section("usage") { _ in
                try await catalog.usage(of: workspace).map { (.end, WorkspaceRoutes.answer($0)) }
            },
            Section("domain") { page in
                try await catalog.domains(in: workspace, page).map {
                    (.id($0.id), DomainRoutes.answer($0))
                }
            },
        ] + marks + [
            Section("app") { page in
                try await catalog.apps(in: workspace, page).map {
                    (.id($0.id), AppRoutes.answer($0))
                }
            },
            Section("link") { page in
                var lines: [(ExportPlace, JSON)] = []
                for link in try await catalog.links(in: workspace, page) {
                    lines.append((.row(link.createdAt, link.number), try await json(link, account)))
                }
                return lines
            },
            Section("stream") { page in
                try await catalog.streams(in: workspace, page).map { record in
                    let kind = record.stream.destination.kind
                    let provider = surroundings.providers.first { $0.kind == kind }
                    let id = record.stream.id.description
                    return (.id(id), StreamAnswer.settings(record, provider))
                }
            },
            Section("key") { page in
                try await catalog.keys(in: workspace, page).map {
                    (.id($0.id), KeyRoutes.answer($0))
                }
            },
        ]
    }

    private var facts: JSON {
        [
            "id": .string(workspace.id),
            "name": .string(workspace.name),
            "plan": .string(workspace.planName),
            "createdAt": .moment(workspace.createdAt),
            "updatedAt": .moment(workspace.updatedAt),
        ]
    }

    private func json(_ link: Link, _ account: Account) async throws -> JSON {
        let plain = LinkRoutes(surroundings).answer(link, account)
        guard case .object(let members) = plain, link.hasExtras else { return plain }
        let rules = try await catalog.rules(ofLink: link.id, in: workspace)
        let apps = try await catalog.apps(ofLink: link.id, in: workspace)
        let scripts = try await catalog.marks(.script, ofLink: link.id, in: workspace)
        let preview = try await catalog.preview(ofLink: link.id, in: workspace)
        return .object(
            members + [
                .init(name: "rules", value: .array(rules.map(LinkExtraRoutes.answer))),
                .init(name: "apps", value: .array(apps.map(AppRoutes.answer))),
                .init(name: "scripts", value: .array(scripts.map(MarkRoutes.answer(.script)))),
                .init(
                    name: "opengraph",
                    value: preview.map(LinkExtraRoutes.answer) ?? .object([])
                ),
            ]
        )
    }
}

/// Where a page of an export ends.
fileprivate enum ExportPlace {
    /// Nothing comes behind it.
    case end
    case id(String)
    /// Of links, of which many may be removed while the export goes on.
    case row(Timestamp, Int64)
}

/// Where an export is.
private actor ExportPages {
    private static let pageSize = 100

    private var sections: ArraySlice<WorkspaceExport.Section>
    private var page = Page(limit: pageSize, isAscending: true)

    init(_ sections: [WorkspaceExport.Section]) { self.sections = sections[...] }

    /// The next lines; nil at the end.
    func next() async throws -> ByteBuffer? {
        while let section = sections.first {
            let items = try await section.read(page)
            (page.last, page.after) = (nil, nil)
            if items.count < Self.pageSize {
                sections.removeFirst()
            } else {
                switch items.last?.place {
                case .id(let id)?: page.last = id
                case .row(let createdAt, let number)?: page.after = (createdAt, number)
                case .end?, nil: sections.removeFirst()
                }
            }
            guard !items.isEmpty else { continue }
            let bytes = ByteWriter(capacity: 1024 * items.count)
            for item in items {
                JSON.object([
                    .init(name: "type", value: .string(section.type)),
                    .init(name: "data", value: item.json),
                ]).write(to: bytes)
                bytes.append(0x0A)
            }
            return ByteBuffer(bytes: bytes.bytes)
        }
        return nil
    }
}
