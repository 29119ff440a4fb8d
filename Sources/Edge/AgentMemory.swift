import ClickModel

/// The programs that opened links with extras lately, for one event loop alone.
final class AgentMemory {
    private typealias Table = ByteKeyedTable<VisitorAgent>

    /// Programs that are kept; of more, those that come again.
    private static let most = 1024
    /// What is longer is found out each time: nobody's browser sends it, and it must not fill the memory.
    private static let longestKey = 2048

    private let known = Table(limit: most)

    /// The program that made a request, remembered or found out.
    func agent(of request: borrowing ClickRequest, by facts: any VisitorFacts) -> VisitorAgent {
        let key = request.agentKey
        let hash = Table.hash(key)
        if let agent = known.find(key, hash) { return agent }
        let agent = facts.agent(of: request)
        if key.count <= Self.longestKey { known.insert(agent, key: Array(key), hash) }
        return agent
    }
}
