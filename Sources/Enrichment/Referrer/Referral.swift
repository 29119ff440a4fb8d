import ClickModel

/// Where a visitor came from, by the `Referer` header.
struct Referral: Hashable {
    var hostname: String?
    var scheme: String?
    var path: String?
    var type: String
    var name: String

    static let direct = Referral(type: "direct", name: "direct")

    /// Reads a header; an unreadable one is as good as none.
    init(_ header: ByteView, suffixes: PublicSuffixes) {
        self = .direct
        guard header.count > 0, header.count <= 8192 else { return }
        let text = header.text
        if let app = Self.app(text) {
            self = app
            return
        }
        guard let url = WebURL(text) else { return }
        hostname = url.hostname
        scheme = url.scheme
        path = url.path
        let host = url.hostname.hasSuffix(".") ? String(url.hostname.dropLast()) : url.hostname
        if let source = ReferrerSources.find(host, path: url.path, suffixes) {
            (type, name) = (source.type, source.name)
        } else {
            type = "website"
            name = suffixes.registrableDomain(of: host) ?? host
        }
    }

    private init(type: String, name: String) { (self.type, self.name) = (type, name) }

    /// `android-app://com.example.app/...` and `ios-app://123456/...`.
    private static func app(_ text: String) -> Referral? {
        let start = text.prefix(14).lowercased()
        guard let scheme = ["android-app", "ios-app"].first(where: { start.hasPrefix("\($0)://") })
        else { return nil }
        let rest = text.dropFirst(scheme.count + 3)
        let written = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let id = written.lowercased()
        guard !id.isEmpty, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let source = ReferrerSources.app(id)
        var referral = Referral(
            type: source?.type ?? "app",
            name: source?.name ?? Slug.of(id) ?? "app"
        )
        referral.hostname = id
        referral.scheme = scheme
        let path = rest[written.endIndex...].prefix { $0 != "?" && $0 != "#" }
        referral.path = path.isEmpty ? "/" : String(path)
        return referral
    }
}
