/// The sources that people come from, by host: a table of our own, one line a source.
///
/// A line is a type, a name, and hosts. A host stands for itself and what lies below it; the longest one
/// that fits wins. `google.*` stands for Google under any public suffix. Apps are in `ReferrerApps.swift`.
enum ReferrerSources {
    struct Source: Hashable {
        let type: String
        let name: String
    }

    /// Every source with its hosts.
    static let lines: [(source: Source, hosts: ArraySlice<String>)] =
        (search + social + others).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { return nil }
            return (Source(type: words[0], name: words[1]), words[2...])
        }

    private static let hosts: [String: Source] = {
        var hosts: [String: Source] = [:]
        for (source, names) in lines { for host in names { hosts[host] = source } }
        return hosts
    }()

    /// What subdomains are called whose pages are mail or search, whoever runs them.
    private static let kinds: [String: String] = {
        let email =
            "mail webmail email wmail zimbra roundcube owa messagerie lightmailer poczta correo"
        let search = "search suche buscador busca pesquisa ricerca recherche szukaj hledej"
        var kinds: [String: String] = [:]
        for word in email.split(separator: " ") { kinds[String(word)] = "email" }
        for word in search.split(separator: " ") { kinds[String(word)] = "search" }
        return kinds
    }()

    /// The source of a host; the longest entry that fits.
    static func find(_ host: String, path: String, _ suffixes: PublicSuffixes) -> Source? {
        // No name is longer, and each of its labels costs a look-up.
        guard host.utf8.count <= 254 else { return nil }
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        // Some who forward what an app says write its package name as a web address's host.
        if let app = app(host) { return app }
        let firstSegment = path.dropFirst().prefix { $0 != "/" }
        var rest = host[...]
        while rest.contains(".") {
            if let source = hosts["\(rest)/\(firstSegment)"] ?? hosts[String(rest)] {
                return source
            }
            guard let dot = rest.firstIndex(of: ".") else { break }
            rest = rest[rest.index(after: dot)...]
        }
        guard let domain = suffixes.registrableDomain(of: host),
            let label = domain.split(separator: ".").first
        else { return nil }
        // The same name under another public suffix: google.com.br, yandex.kz.
        let below = host.dropLast(domain.utf8.count)
        if let source = hosts["\(below)\(label).*"] ?? hosts["\(label).*"] { return source }
        guard let first = below.split(separator: ".").first, let type = kinds[String(first)],
            let name = Slug.of(label)
        else { return nil }
        return Source(type: type, name: name)
    }

    /// The source of an app, by its id in `android-app://` or `ios-app://`.
    static func app(_ id: String) -> Source? { ReferrerApps.sources[id] }
}
