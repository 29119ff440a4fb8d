package import ClickModel
import Foundation
import GRDB

extension Catalog {
    package func preview(
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkPreview? {
        try await read { db in
            try Self.preview(db, of: Link.find(db, id: id, in: workspace.number).number)
        }
    }

    static func preview(_ db: Database, of link: Int64) throws -> LinkPreview? {
        try Row.fetchOne(
            db,
            sql: "SELECT title, description, image, type, locale FROM linkPreviews WHERE link = ?",
            arguments: [link]
        ).map { row in
            LinkPreview(
                title: row[0],
                description: row[1],
                image: row[2],
                type: row[3],
                locale: row[4]
            )
        }
    }

    /// Gives a link a preview, or takes it away by nil.
    package func setPreview(
        _ preview: LinkPreview?,
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) {
        try await changeExtras(
            ofLink: id,
            in: workspace,
            preview == nil ? "remove" : "set",
            "opengraph",
            preview.map { ["title": $0.title] } ?? [:]
        ) { db, link in
            try db.execute(
                sql: "DELETE FROM linkPreviews WHERE link = ?",
                arguments: [link.number]
            )
            guard let preview else { return }
            try db.execute(
                sql: """
                    INSERT INTO linkPreviews (link, title, description, image, type, locale)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    link.number, preview.title, preview.description, preview.image, preview.type,
                    preview.locale,
                ]
            )
        }
    }
}
