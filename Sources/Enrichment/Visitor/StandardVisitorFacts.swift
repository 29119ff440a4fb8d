package import ClickModel

/// What enrichment's tables tell of a visitor: what events are made of, without their caches.
package struct StandardVisitorFacts: VisitorFacts {
    private let tables: Tables

    package init(tables: Tables) { self.tables = tables }

    package func country(of address: IPAddress) -> String? {
        tables.geo.current.country(of: address)
    }

    package func language(of acceptLanguage: ByteView) -> String? {
        AcceptLanguage.primary(acceptLanguage)
    }

    package func agent(of request: borrowing ClickRequest) -> VisitorAgent {
        // Whose address it came from tells verified machines from others, and nothing that is asked here.
        let facts = tables.agents.parse(request)
        return VisitorAgent(
            system: facts.osName,
            device: facts.device,
            isPreview: facts.bot?.category == "social-preview"
        )
    }
}
