package import ClickModel

/// Events as lines of CSV (RFC 4180): a column for each of an event's values, named by its path.
///
/// What is null is an empty field, and an empty text is `""`. Maps and lists stay JSON. The columns are the same for every
/// event, so files can be joined; a member that they don't know is left out.
package struct EventCSV {
    private static let event = [
        "timestamp", "client.language", "client.location.country", "client.agent.browser.name",
        "client.agent.browser.version", "client.agent.os.name", "client.agent.os.version",
        "client.agent.device.name", "client.agent.type", "client.session.started",
        "client.session.first", "referral.hostname", "referral.protocol", "referral.path",
        "referral.origin.type", "referral.origin.name", "route.id", "route.slashtag",
        "route.creator.id", "route.creator.workspace.id", "route.creator.workspace.name",
        "route.domain.id", "route.domain.raw", "route.destination.raw",
        "route.destination.protocol", "route.destination.hostname", "route.destination.path",
        "route.destination.params.query",
    ]
    private static let details = [
        "id", "offset", "details.location.region", "details.location.city",
        "details.location.latitude", "details.location.longitude", "details.location.timezone",
        "details.agent.engine", "details.agent.brand", "details.agent.model",
        "details.agent.category", "details.agent.reason", "details.link.shortUrl",
        "details.link.title", "details.link.tags", "details.link.createdAt", "details.link.query",
        "details.link.rule", "details.link.variant", "details.privacy.gpc", "details.privacy.dnt",
    ]

    /// A member that holds a column's value, or further members.
    private struct Member {
        let name: [UInt8]
        var column: Int?
        var members: [Member] = []
    }

    /// The names of the columns.
    package let columns: [String]
    private let root: Member

    /// Makes the columns of a format; nil for one that has no columns of its own.
    package init?(_ format: EventFormat) {
        switch format {
        case .rebrandly: columns = Self.event
        case .extended: columns = Self.event + Self.details
        case .cloudevents: return nil
        }
        var root = Member(name: [])
        for (index, path) in columns.enumerated() {
            Self.add(path.split(separator: ".").map { Array($0.utf8) }[...], index, to: &root)
        }
        self.root = root
    }

    private static func add(_ path: ArraySlice<[UInt8]>, _ column: Int, to member: inout Member) {
        guard let name = path.first else {
            member.column = column
            return
        }
        if member.members.last?.name != name { member.members.append(Member(name: name)) }
        add(path.dropFirst(), column, to: &member.members[member.members.count - 1])
    }

    /// Appends the line that names the columns.
    package func appendHeader(to writer: ByteWriter) {
        writer.append(text: columns.joined(separator: ","))
        writer.append("\r\n")
    }

    /// Appends an event's line.
    ///
    /// - Returns: False, with nothing appended, for what is no JSON object.
    package func append(_ event: ByteView, to writer: ByteWriter) -> Bool {
        var values = [JSONScanner.Value?](repeating: nil, count: columns.count)
        guard (try? Self.read(event, root, into: &values)) != nil else { return false }
        for (index, value) in values.enumerated() {
            if index > 0 { writer.append(0x2C) }
            if let value { Self.append(value, to: writer) }
        }
        writer.append("\r\n")
        return true
    }

    private static func read(
        _ object: ByteView,
        _ known: Member,
        into values: inout [JSONScanner.Value?]
    ) throws(JSONScanner.Malformed) {
        guard var parts = JSONParts(object, 0x7B) else { throw JSONScanner.Malformed() }
        while let (name, value) = try parts.member() {
            guard value.kind != .null,
                let member = known.members.first(where: { name.bytes.elementsEqual($0.name) })
            else { continue }
            if let column = member.column {
                values[column] = value
            } else if value.kind == .object {
                try read(value.bytes, member, into: &values)
            }
        }
    }

    private static func append(_ value: JSONScanner.Value, to writer: ByteWriter) {
        guard value.kind == .string else { return append(field: value.bytes, to: writer) }
        guard value.hasEscapes else {
            return append(field: value.bytes, isText: true, to: writer)
        }
        let text = ByteWriter(capacity: value.bytes.count)
        text.append(unescaped: value)
        append(field: text.bytes, isText: true, to: writer)
    }

    /// Appends a field, in quotes where it needs them.
    private static func append(field: ByteView, isText: Bool = false, to writer: ByteWriter) {
        let isPlain = field.allSatisfy { ![0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        guard !isPlain || (isText && field.isEmpty) else { return writer.append(field) }
        writer.append(0x22)
        for byte in field {
            if byte == 0x22 { writer.append(0x22) }
            writer.append(byte)
        }
        writer.append(0x22)
    }
}
