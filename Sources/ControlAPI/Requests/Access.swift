import Catalog

/// What a route asks of who calls it.
enum Access: String, CaseIterable, Sendable {
    /// Nothing, not even a key.
    case open
    /// Looking at a workspace.
    case read
    /// Changing links and what belongs to them.
    case edit
    /// Changing what data leaves the workspace by, and who may do what.
    case own
    /// Bringing clicks.
    case send
    /// What is the operator's alone.
    case administer

    /// Whether keys of a scope may.
    func includes(_ scope: AccessKey.Scope) -> Bool {
        switch self {
        case .open: true
        case .read: [.owner, .editor, .reader].contains(scope)
        case .edit: [.owner, .editor].contains(scope)
        case .own: scope == .owner
        case .send: [.owner, .clickSender].contains(scope)
        case .administer: false
        }
    }

    /// For people: what a key would have to be.
    var words: String {
        switch self {
        case .open: "any"
        case .read: "a key with the scope owner, editor or reader"
        case .edit: "a key with the scope owner or editor"
        case .own: "a key with the scope owner"
        case .send: "a key with the scope owner or click-sender"
        case .administer: "the admin key"
        }
    }
}
