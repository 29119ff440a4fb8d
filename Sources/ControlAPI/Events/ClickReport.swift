package import Catalog
package import ClickModel

/// Raw requests that were sent to us, and whose clicks they are.
package struct ClickDelivery: Sendable {
    /// One JSON object, an array of them, or one a line.
    package let body: [UInt8]
    /// Whether the sender says that it is one object a line; else the body itself tells.
    package let isLines: Bool
    package let workspace: Workspace

    package init(body: [UInt8], isLines: Bool, workspace: Workspace) {
        (self.body, self.isLines, self.workspace) = (body, isLines, workspace)
    }
}

/// What became of raw requests.
package struct ClickReport: Hashable, Sendable {
    /// A raw request that made no event.
    package struct Problem: Hashable, Sendable {
        /// Counted from 1; the number of the element in an array.
        package let line: Int
        package let message: String

        package init(line: Int, message: String) { (self.line, self.message) = (line, message) }
    }

    /// Clicks that are on disk.
    package var accepted = 0
    /// The first of the raw requests that made no event.
    package var problems: [Problem] = []
    /// How many more made none.
    package var furtherProblems = 0
    /// Whether any could be read, also those that are no clicks.
    package var isReadable = false
    /// The line from which on nothing was recorded, and why; nil when the log took everything.
    package var stopped: Stop?
    /// How many raw requests one delivery may have, when it has more: then none was recorded.
    package var limit: Int?

    package struct Stop: Hashable, Sendable {
        package let line: Int
        package let reason: ShedReason

        package init(line: Int, reason: ShedReason) { (self.line, self.reason) = (line, reason) }
    }

    package init() {}
}
