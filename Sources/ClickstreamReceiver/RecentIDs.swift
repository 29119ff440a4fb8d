/// The ids that came last.
struct RecentIDs: Sendable {
    private var ids: Set<String> = []
    private var order: [String] = []
    private var next = 0
    private let limit: Int

    /// - Parameter limit: How many are kept, at least 1; the oldest goes for a new one.
    init(limit: Int) { self.limit = limit }

    func contains(_ id: String) -> Bool { ids.contains(id) }

    /// Keeps an id; false when it was there.
    mutating func insert(_ id: String) -> Bool {
        guard ids.insert(id).inserted else { return false }
        if order.count < limit {
            order.append(id)
        } else {
            ids.remove(order[next])
            order[next] = id
            next = (next + 1) % limit
        }
        return true
    }
}
