/// A position in the log: the first event is at offset 0, and offsets have no gaps.
package struct Offset: Hashable, Comparable, Sendable {
    package let value: Int64

    package init(_ value: Int64) { self.value = value }

    package static let zero = Offset(0)

    package static func < (left: Offset, right: Offset) -> Bool { left.value < right.value }

    package func advanced(by count: Int) -> Offset { Offset(value + Int64(count)) }
}
