/// What only some links have; decided at the moment of the redirect.
///
/// A class, so that a link without any costs its `Route` no more than a nil.
package final class RouteExtras: Sendable {
    /// Asked in order: the first that holds decides.
    package let rules: [RoutingRule]
    /// Where visitors on some systems are sent when no rule holds.
    package let apps: [AppDestination]
    /// What fetchers of link previews are shown; nil sends them on like everybody else.
    package let preview: LinkPreview?
    /// What a visitor's browser runs before it goes on.
    package let scripts: [PageScript]
    /// When the link is none any more; nil for one that stays.
    package let expiresAt: Timestamp?

    package init(
        rules: [RoutingRule] = [],
        apps: [AppDestination] = [],
        preview: LinkPreview? = nil,
        scripts: [PageScript] = [],
        expiresAt: Timestamp? = nil
    ) {
        (self.rules, self.apps, self.preview) = (rules, apps, preview)
        self.scripts = scripts
        self.expiresAt = expiresAt
    }
}

/// A script as a page has it; one for all links that have it.
package final class PageScript: Sendable {
    package let markup: [UInt8]

    /// - Parameter text: HTML, which begins with `<`, or a script's own text.
    package init(_ text: String) {
        let isMarkup = text.utf8.first { $0 > 0x20 } == 0x3C
        markup = Array((isMarkup ? text : "<script>\(text)</script>").utf8)
    }
}

/// Another destination for visitors of whom all its conditions hold.
package struct RoutingRule: Hashable, Sendable {
    /// What must be true of a visitor.
    package struct Condition: Hashable, Sendable {
        /// What is looked at.
        package enum Property: String, CaseIterable, Sendable {
            case country = "req.country"
            case language = "req.language"
            case system = "req.os"
            case device = "req.device"
        }

        package let property: Property
        /// Whether it holds for everything but the values.
        package let isNegated: Bool
        /// As events name them, in lower case: `br`, `pt`, `ios`, `smartphone`.
        package let values: [String]

        package init(_ property: Property, isNegated: Bool = false, values: [String]) {
            (self.property, self.isNegated, self.values) = (property, isNegated, values)
        }

        /// Whether it holds for what is known of a visitor: nil is none of the values.
        package func holds(for value: String?) -> Bool {
            let isAmong = value.map(values.contains) ?? false
            return isAmong != isNegated
        }
    }

    package let id: String
    /// A URL in visible ASCII, as it goes into `Location`.
    package let destination: String
    /// All of them must hold; a rule without any always does.
    package let conditions: [Condition]

    package init(id: String, destination: String, conditions: [Condition]) {
        (self.id, self.destination, self.conditions) = (id, destination, conditions)
    }
}

/// Where visitors on one system are sent when no rule holds.
package struct AppDestination: Hashable, Sendable {
    /// As events name it: `ios` or `android`.
    package let system: String
    /// A URL in visible ASCII, as it goes into `Location`.
    package let destination: String

    package init(system: String, destination: String) {
        (self.system, self.destination) = (system, destination)
    }
}

/// How a link looks where somebody shares it (The Open Graph protocol); a text that is empty was not given.
package struct LinkPreview: Hashable, Sendable {
    package let title: String
    package let description: String
    /// A picture's URL.
    package let image: String
    /// `website`, `article`, ...
    package let type: String
    /// `pt_BR`.
    package let locale: String

    package init(
        title: String = "",
        description: String = "",
        image: String = "",
        type: String = "",
        locale: String = ""
    ) {
        self.title = title
        self.description = description
        self.image = image
        self.type = type
        self.locale = locale
    }
}
