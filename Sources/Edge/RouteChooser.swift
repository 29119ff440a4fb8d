import ClickModel

/// What a link with extras does with one visitor.
enum RouteChoice: Equatable {
    /// A redirect to the link's own destination.
    case own
    /// A redirect to another one: by the rule with this id, or without one by the visitor's system.
    case elsewhere(String, rule: String?)
    /// A page that tells how the link looks where it is shared.
    case preview(LinkPreview)
}

/// Decides what links with extras do with their visitors, for one event loop alone.
final class RouteChooser {
    private let facts: (any VisitorFacts)?
    private let agents = AgentMemory()
    /// The request that is looked at, in the form that agents are known by; its memory is used again.
    private var seen = ClickGroup()

    /// Makes a chooser; without `facts` no rule holds that has a condition, and nobody's system is known.
    init(_ facts: (any VisitorFacts)?) { self.facts = facts }

    /// Chooses for one request.
    ///
    /// Fetchers of previews are shown one where there is one. All others are sent where the first rule says
    /// that holds; else where those on their system are; else to the link's own destination.
    ///
    /// - Parameters:
    ///   - route: The link.
    ///   - extras: What it has.
    ///   - head: The request.
    ///   - address: Whom it came from.
    /// - Returns: What to do.
    func choice(
        of route: Route,
        _ extras: RouteExtras,
        for head: borrowing RequestHead,
        from address: IPAddress?
    ) -> RouteChoice {
        guard let facts else { return Self.choice(withoutFacts: extras) }
        seen.removeAll()
        head.headers.span.withUnsafeBufferPointer { headers in
            seen.append(
                receivedAt: Timestamp(microseconds: 0),
                route: route,
                address: address,
                query: nil,
                location: nil,
                headers: headers
            )
        }
        var choice = RouteChoice.own
        seen.forEach { click, request in
            var visitor = VisitorTraits(click, request, facts, agents)
            choice = Self.choice(of: extras, for: &visitor)
        }
        return choice
    }

    private static func choice(
        of extras: RouteExtras,
        for visitor: inout VisitorTraits
    ) -> RouteChoice {
        if let preview = extras.preview, visitor.agent.isPreview { return .preview(preview) }
        for rule in extras.rules where visitor.fits(rule) {
            return .elsewhere(rule.destination, rule: rule.id)
        }
        guard !extras.apps.isEmpty, let system = visitor.agent.system,
            let app = extras.apps.first(where: { $0.system == system })
        else { return .own }
        return .elsewhere(app.destination, rule: nil)
    }

    private static func choice(withoutFacts extras: RouteExtras) -> RouteChoice {
        guard let rule = extras.rules.first(where: \.conditions.isEmpty) else { return .own }
        return .elsewhere(rule.destination, rule: rule.id)
    }
}

/// What rules may ask of one visitor, found out when it is asked for.
private struct VisitorTraits {
    private let facts: any VisitorFacts
    private let agents: AgentMemory
    private let address: IPAddress?
    private let request: ClickRequest

    init(
        _ click: Click,
        _ request: borrowing ClickRequest,
        _ facts: any VisitorFacts,
        _ agents: AgentMemory
    ) {
        (self.facts, self.agents, address) = (facts, agents, click.address)
        self.request = copy request
    }

    private lazy var country = address.flatMap { facts.country(of: $0) }
    private lazy var language = facts.language(of: request[.acceptLanguage])
    private(set) lazy var agent = agents.agent(of: request, by: facts)

    /// Whether all conditions of a rule hold.
    mutating func fits(_ rule: RoutingRule) -> Bool {
        for condition in rule.conditions
        where !condition.holds(for: value(of: condition.property)) {
            return false
        }
        return true
    }

    private mutating func value(of property: RoutingRule.Condition.Property) -> String? {
        switch property {
        case .country: country
        case .language: language
        case .system: agent.system
        case .device: agent.device
        }
    }
}
