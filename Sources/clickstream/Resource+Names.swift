import NIOHTTP1

extension Resource {
    /// What help says of the argument that tells which one.
    var whichHelp: String {
        switch naming {
        case .none: "Its id."
        case .member, .byService: "Its id or name."
        case .shortLink: "Its id, or the short link itself, such as go.acme.com/sale."
        }
    }

    /// What examples show for one.
    var example: String {
        switch naming {
        case .none: "ID"
        case .member, .byService, .shortLink: Self.examples[command] ?? "NAME"
        }
    }

    private static let examples = [
        "links": "go.acme.com/sale", "domains": "go.acme.com", "workspaces": "Acme",
        "keys": "dashboard", "tags": "spring", "scripts": "pixel", "apps": "shop", "plans": "Team",
    ]

    /// The id of the one that is meant by an id or a name.
    ///
    /// - Throws: `Failed` when there is none of this name, or several.
    func id(of text: String, _ client: ServiceClient) async throws -> String {
        guard !Self.isID(text) else { return text }
        guard !Self.isBlank(text) else { throw Failed("\"\(text)\" names no \(noun)") }
        switch naming {
        case .none, .byService: return text
        case .shortLink: return try await id(ofShortLink: text, client)
        case .member(let member):
            var found: [String] = []
            let wanted = text.lowercased()
            try await pages(client) { page in
                for item in page where (item[member] as? String)?.lowercased() == wanted {
                    found.append(item["id"] as? String ?? "")
                }
                return true
            }
            return try only(found, text)
        }
    }

    private func id(ofShortLink text: String, _ client: ServiceClient) async throws -> String {
        let schemes = ["https://", "http://"].filter(text.hasPrefix)
        let parts = text.dropFirst(schemes.first?.count ?? 0)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let slashtag = parts.last ?? ""
        // Without one the service lists all links, and the only one would be taken for what was meant.
        guard !Self.isBlank(slashtag), parts.count == 2 || schemes.isEmpty else {
            throw Failed("\"\(text)\" names no link: say its slashtag, as in \(example)")
        }
        var query: [(name: String, value: String?)] = [("slashtag", slashtag)]
        if parts.count == 2, !parts[0].isEmpty {
            query.append(("domain.fullName", parts[0].lowercased()))
        }
        var found: [String] = []
        try await pages(client, query: query) { page in
            found += page.compactMap { $0["id"] as? String }
            return true
        }
        return try only(found, text)
    }

    private func only(_ found: [String], _ text: String) throws -> String {
        guard let id = found.first else {
            throw Failed(
                "there is no \(noun) \"\(text)\": clickstream \(command) list shows those there are"
            )
        }
        guard found.count == 1 else {
            throw Failed(
                "\"\(text)\" means \(found.count) of them; say which by its id:\n  "
                    + found.joined(separator: "\n  ")
            )
        }
        return id
    }

    /// Whether a text says nothing.
    static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    /// Whether a text is an id as the service makes them.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == 32
            && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
    }
}
