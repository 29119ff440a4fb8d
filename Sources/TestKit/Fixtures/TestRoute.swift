package import ClickModel

extension Route {
    /// A link with everything that a link needs.
    package static let sample = Route(
        id: "l",
        slashtag: "a",
        creatorID: nil,
        workspace: WorkspaceIdentity(number: 1, id: "w", name: "W"),
        domain: DomainIdentity(id: "d", raw: "go.test"),
        destination: "https://example.com/"
    )
}
