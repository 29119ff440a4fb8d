/// The sources that people come from, by host and by app: `Data/referrers.txt`.
enum ReferrerSources {
    struct Source: Hashable {
        let type: String
        let name: String
    }

    private static let rows = DataRows(PackageResources.referrers_txt)

    /// Every source with its hosts.
    static let hostRows = sources(in: "hosts")

    private static let hosts = index(hostRows)
    /// Hosts with entries for pages of their own.
    private static let hostsWithPaths: Set<Substring> = Set(
        hosts.keys.filter { $0.contains("/") }.map { $0.prefix { $0 != "/" } }
    )
    private static let apps = index(sources(in: "apps"))

    /// What subdomains are called whose pages are mail or search.
    private static let kinds: [String: String] = {
        var kinds: [String: String] = [:]
        for row in rows["labels"] {
            for label in row.fields.dropFirst() { kinds[label] = row.fields[0] }
        }
        return kinds
    }()

    private static func sources(
        in section: String
    ) -> [(source: Source, ids: ArraySlice<String>)] {
        rows[section].compactMap { row in
            guard row.fields.count > 2 else { return nil }
            return (Source(type: row.fields[0], name: row.fields[1]), row.fields[2...])
        }
    }

    private static func index(
        _ rows: [(source: Source, ids: ArraySlice<String>)]
    ) -> [String: Source] {
        var index: [String: Source] = [:]
        for (source, ids) in rows { for id in ids { index[id] = source } }
        return index
    }

    /// The source of a host, by the longest entry that fits; nil for websites, which are their own.
    static func find(_ host: String, path: String, _ suffixes: PublicSuffixes) -> Source? {
        let source = entry(host, path: path, suffixes)
        return source?.type == "website" ? nil : source
    }

    private static func entry(_ host: String, path: String, _ suffixes: PublicSuffixes) -> Source? {
        // Some who forward what an app says write its package name as a web address's host.
        if let app = app(host) { return app }
        let firstSegment = path.dropFirst().prefix { $0 != "/" }
        var rest = host[...]
        while rest.contains(".") {
            if hostsWithPaths.contains(rest), firstSegment.utf8.count < 64,
                let source = hosts["\(rest)/\(firstSegment)"]
            {
                return source
            }
            if let source = hosts[String(rest)] { return source }
            guard let dot = rest.firstIndex(of: ".") else { break }
            rest = rest[rest.index(after: dot)...]
        }
        guard let domain = suffixes.registrableDomain(of: host),
            let label = domain.split(separator: ".").first
        else { return nil }
        let below = host.dropLast(domain.utf8.count)
        // The same name in another country: google.com.br, mail.yandex.kz; not google.github.io, which is anybody's.
        if !suffixes.isPrivate(domain.dropFirst(label.utf8.count + 1)) {
            var name = "\(below)\(label)"[...]
            while true {
                if let source = hosts["\(name).*"] { return source }
                guard let dot = name.firstIndex(of: ".") else { break }
                name = name[name.index(after: dot)...]
            }
        }
        guard let first = below.split(separator: ".").first, let type = kinds[String(first)],
            let name = Slug.of(label)
        else { return nil }
        return Source(type: type, name: name)
    }

    /// The source of an app, by its id in `android-app://` or `ios-app://`.
    static func app(_ id: String) -> Source? { apps[id] }
}
