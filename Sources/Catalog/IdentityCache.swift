import ClickModel
import Synchronization

/// Keeps one object for each workspace, domain and script, so that links share them and a name in memory
/// is there once.
///
/// Holds as many entries as there were workspaces, domains and scripts since the start.
final class IdentityCache: Sendable {
    private struct State {
        var workspaces: [WorkspaceNumber: WorkspaceIdentity] = [:]
        var domains: [String: DomainIdentity] = [:]
        var scripts: [String: (text: String, script: PageScript)] = [:]
    }

    private let state = Mutex(State())

    /// The workspace's object; a new one when its name is no longer the same.
    func workspace(_ number: WorkspaceNumber, id: String, name: String) -> WorkspaceIdentity {
        state.withLock { state in
            if let known = state.workspaces[number], known.name == name, known.id == id {
                return known
            }
            let made = WorkspaceIdentity(number: number, id: id, name: name)
            state.workspaces[number] = made
            return made
        }
    }

    /// A script's object.
    func script(_ mark: Mark) -> PageScript {
        state.withLock { state in
            if let known = state.scripts[mark.id], known.text == mark.value { return known.script }
            let made = PageScript(mark.value)
            state.scripts[mark.id] = (mark.value, made)
            return made
        }
    }

    /// The domain's object.
    func domain(id: String, raw: String) -> DomainIdentity {
        state.withLock { state in
            if let known = state.domains[id], known.raw == raw { return known }
            let made = DomainIdentity(id: id, raw: raw)
            state.domains[id] = made
            return made
        }
    }
}
