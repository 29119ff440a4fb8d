/// Names and versions of operating systems, as events carry them.
struct OperatingSystem: Hashable {
    let name: String
    /// The slug of the full name: `android-9.0-pie`, `windows-10`; the name alone where no number is known.
    let version: String

    /// Makes the event's form of a family and its numbers.
    ///
    /// - Parameters:
    ///   - family: As uap-core or a client hint names it.
    ///   - numbers: Major, minor, and so on; may be words, as in Windows XP.
    init?(family: String, numbers: [String]) {
        guard let slug = Slug.of(family), slug != "other" else { return nil }
        let major = numbers.first ?? ""
        let minor = numbers.count > 1 ? numbers[1] : ""
        let name = Self.names[slug] ?? (slug.hasPrefix("symbian") ? "symbian" : slug)
        self.name = name
        version = Self.version(name, family: slug, major, minor)
    }

    /// Whether it knows more than another: a distribution more than Linux, a system made of Android more than Android.
    func saysMore(than other: OperatingSystem) -> Bool {
        if name == other.name { return other.version == other.name && version != name }
        return other.name == "android" && (name == "harmonyos" || name == "fire-os")
    }

    private static func version(
        _ name: String,
        family: String,
        _ major: String,
        _ minor: String
    ) -> String {
        switch name {
        case "android": android(major, minor)
        case "windows": windows(major, minor)
        case "macos": macOS(major, minor)
        case "linux":
            family == "linux"
                ? ["linux", number(major, minor)].joined
                : ["linux", family, number(major, minor)].joined
        default: [name, number(major, minor)].joined
        }
    }

    private static func number(_ major: String, _ minor: String) -> String? {
        guard let major = Slug.of(major) else { return nil }
        guard let minor = Slug.of(minor) else { return major }
        return "\(major).\(minor)"
    }

    // MARK: - Android

    /// Google's names of the versions before 10, which have numbers only.
    private static let androidNames: [String: String] = [
        "1.5": "cupcake", "1.6": "donut", "2.0": "eclair", "2.1": "eclair", "2.2": "froyo",
        "2.3": "gingerbread", "3.0": "honeycomb", "3.1": "honeycomb", "3.2": "honeycomb",
        "4.0": "ice-cream-sandwich", "4.1": "jelly-bean", "4.2": "jelly-bean", "4.3": "jelly-bean",
        "4.4": "kitkat", "5.0": "lollipop", "5.1": "lollipop", "6.0": "marshmallow",
        "7.0": "nougat",
        "7.1": "nougat", "8.0": "oreo", "8.1": "oreo", "9.0": "pie",
    ]

    /// API levels, which some apps send in place of the version (developer.android.com, "Codenames, tags,
    /// and build numbers").
    ///
    /// Versions will not reach them for years.
    private static let androidLevels: [Int: (String, String)] = [
        19: ("4", "4"), 20: ("4", "4"), 21: ("5", "0"), 22: ("5", "1"), 23: ("6", "0"),
        24: ("7", "0"), 25: ("7", "1"), 26: ("8", "0"), 27: ("8", "1"), 28: ("9", "0"),
        29: ("10", ""), 30: ("11", ""), 31: ("12", ""), 32: ("12", ""), 33: ("13", ""),
        34: ("14", ""), 35: ("15", ""), 36: ("16", ""),
    ]

    private static func android(_ major: String, _ minor: String) -> String {
        guard let number = Int(major) else { return "android" }
        if minor.isEmpty, let (major, minor) = androidLevels[number] {
            return android(major, minor)
        }
        if number >= 10 { return "android-\(number)" }
        let full = "\(number).\(Int(minor) ?? 0)"
        return ["android", full, androidNames[full]].joined
    }

    // MARK: - Windows

    /// The number that Microsoft gave it; 8.1 alone has a second one.
    private static func windows(_ major: String, _ minor: String) -> String {
        if major == "8", minor == "1" { return "windows-8.1" }
        return ["windows", Slug.of(major)].joined
    }

    // MARK: - macOS

    private static let macNames: [String: String] = [
        "10.0": "cheetah", "10.1": "puma", "10.2": "jaguar", "10.3": "panther", "10.4": "tiger",
        "10.5": "leopard", "10.6": "snow-leopard", "10.7": "lion", "10.8": "mountain-lion",
        "10.9": "mavericks", "10.10": "yosemite", "10.11": "el-capitan", "10.12": "sierra",
        "10.13": "high-sierra", "10.14": "mojave", "10.15": "catalina", "11": "big-sur",
        "12": "monterey", "13": "ventura", "14": "sonoma", "15": "sequoia", "26": "tahoe",
    ]

    private static func macOS(_ major: String, _ minor: String) -> String {
        guard let number = Int(major) else { return "macos" }
        // What asks for it as an old program would be is told 10.16.
        if number == 10, minor == "16" { return macOS("11", "") }
        let full = number == 10 ? (Int(minor).map { "10.\($0)" } ?? "10") : "\(number)"
        return ["macos", full, macNames[full]].joined
    }

    // MARK: - Families

    /// uap-core's families that go by another name; Linux's distributions are Linux.
    private static let names: [String: String] = {
        var names = [
            "mac-os-x": "macos", "mac-os": "macos", "ipados": "ios", "ios-ipados": "ios",
            "windows-mobile": "windows-phone", "windows-ce": "windows-ce", "webos": "webos",
            "web0s": "webos", "atv-os-x": "tvos", "tvos": "tvos", "fireos": "fire-os",
            "chromeos": "chrome-os", "chromium-os": "chrome-os", "kaios": "kaios",
            "openharmony": "harmonyos", "roku": "roku-os", "sailfish": "sailfish-os",
        ]
        for distribution in [
            "ubuntu", "debian", "fedora", "red-hat", "suse", "opensuse", "gentoo", "arch-linux",
            "mint",
            "linux-mint", "centos", "slackware", "mandriva", "mageia", "kubuntu", "xubuntu",
            "lubuntu",
            "puppy", "pclinuxos", "rocky", "almalinux", "manjaro", "elementary-os", "raspbian",
            "zorin",
            "vectorlinux", "asplinux", "backtrack", "kali", "deepin", "redhat",
        ] { names[distribution] = "linux" }
        return names
    }()
}

extension [String?] {
    /// The parts that are there, with dashes between.
    fileprivate var joined: String { compactMap { $0 }.joined(separator: "-") }
}
