import ClickModel

/// The rules that a link's parts must obey.
package enum LinkRules {
    /// Longest destination in bytes.
    ///
    /// Wider than the 2,048 that others allow: browsers take more.
    package static let longestDestination = 8192
    package static let longestTitle = 1024
    package static let longestDescription = 4096
    package static let longestTag = 128
    package static let mostTags = 64
    /// A page with all of them is sent for each click.
    package static let mostScripts = 8
    /// What browsers and crawlers ask every host for.
    private static let reservedSlashtags: Set = ["favicon.ico", "robots.txt", ".", ".."]
    private static let automaticAlphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    /// Checks a destination and gives the URL for `Location`.
    ///
    /// ASCII goes out as given; what else there is in it only as its serialisation shows.
    ///
    /// - Throws: `invalid`, for the property given.
    static func location(
        of destination: String,
        property: String = "destination"
    ) throws(CatalogError) -> String {
        guard (1...longestDestination).contains(destination.utf8.count) else {
            throw .invalid(property, "a URL has at most \(longestDestination) bytes")
        }
        guard !destination.unicodeScalars.contains(where: isForbidden) else {
            throw .invalid(property, "a URL has no white space and no control characters")
        }
        let lowered = String(destination.prefix(8)).lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://"),
            let serialised = WebURL(destination)?.serialised
        else { throw .invalid(property, "must be an absolute http or https URL") }
        let location = destination.utf8.allSatisfy { $0 < 0x80 } ? destination : serialised
        guard location.utf8.count <= 3 * longestDestination,
            location.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw .invalid(property, "must be an absolute http or https URL") }
        return location
    }

    /// The key of a slashtag that an owner asks for.
    static func key(of slashtag: String) throws(CatalogError) -> SlashtagKey {
        guard let key = SlashtagKey(slashtag) else {
            throw .invalid(
                "slashtag",
                "1 to \(SlashtagKey.maximumLength) bytes without white space, /, ? and #"
            )
        }
        guard !reservedSlashtags.contains(String(decoding: key.bytes, as: UTF8.self)) else {
            throw .invalid("slashtag", "this name is asked for by browsers")
        }
        return key
    }

    /// A slashtag for a link whose owner asked for none; longer after each collision.
    static func automaticSlashtag(attempt: Int) -> String {
        let length = 5 + max(0, attempt) / 2
        return String(
            decoding: (0..<length).map { _ in automaticAlphabet.randomElement() ?? 0x30 },
            as: UTF8.self
        )
    }

    static func check(
        title: String?,
        description: String?,
        tags: [MarkChoice],
        scripts: [MarkChoice]
    ) throws(CatalogError) {
        if let title, title.utf8.count > longestTitle {
            throw .invalid("title", "a title has at most \(longestTitle) bytes")
        }
        if let description, description.utf8.count > longestDescription {
            throw .invalid("description", "a description has at most \(longestDescription) bytes")
        }
        guard scripts.count <= mostScripts else {
            throw .invalid("scripts", "a link has at most \(mostScripts) scripts")
        }
        guard tags.count <= mostTags,
            tags.compactMap(\.name).allSatisfy({ (1...longestTag).contains($0.utf8.count) })
        else {
            throw .invalid("tags", "at most \(mostTags) tags of 1 to \(longestTag) bytes each")
        }
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else { return scalar.value <= 0x20 || scalar.value == 0x7F }
        return scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .lineSeparator
    }
}
