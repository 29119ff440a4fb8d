import Testing

@testable import Enrichment

struct OperatingSystemTests {
    private static let cases: [(String, [String], String, String)] = [
        ("Android", ["9"], "android", "android-9.0-pie"),
        ("Android", ["8", "1", "0"], "android", "android-8.1-oreo"),
        ("Android", ["14"], "android", "android-14"), ("Android", [], "android", "android"),
        ("Android", ["29"], "android", "android-10"),
        ("Android", ["25"], "android", "android-7.1-nougat"),
        ("iOS", ["17", "5", "1"], "ios", "ios-17.5"), ("iPadOS", ["16"], "ios", "ios-16"),
        ("Windows", ["10"], "windows", "windows-10"),
        ("Windows", ["8", "1"], "windows", "windows-8.1"),
        ("Windows", ["XP"], "windows", "windows-xp"), ("Windows", [], "windows", "windows"),
        ("Mac OS X", ["10", "15", "7"], "macos", "macos-10.15-catalina"),
        ("macOS", ["14", "5"], "macos", "macos-14-sonoma"),
        ("macOS", ["26"], "macos", "macos-26-tahoe"),
        ("macOS", ["99"], "macos", "macos-99"),
        ("Ubuntu", ["22", "04"], "linux", "linux-ubuntu-22.04"),
        ("Linux", [], "linux", "linux"),
        ("Chrome OS", ["14541", "0", "0"], "chrome-os", "chrome-os-14541.0"),
        ("Tizen", ["2", "3"], "tizen", "tizen-2.3"),
        ("Symbian OS", ["9", "2"], "symbian", "symbian-9.2"),
        ("ATV OS X", ["17", "4", "1"], "tvos", "tvos-17.4"),
    ]

    @Test(arguments: cases)
    func `names and versions are those of the contract`(
        family: String,
        numbers: [String],
        name: String,
        version: String
    ) {
        let system = OperatingSystem(family: family, numbers: numbers)
        #expect(system?.name == name)
        #expect(system?.version == version)
    }

    @Test func `the family Other is no system`() {
        #expect(OperatingSystem(family: "Other", numbers: ["1"]) == nil)
    }
}
