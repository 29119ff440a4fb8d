import ClickModel
import Glibc
import NIOCore

/// One visitor's connection, as a slot in memory: no references are counted for it.
///
/// `EdgeLoop` makes it, knows it by its address, and frees it when nothing names it any more: after the
/// pass in which it was closed, and not before its group is settled and the catalog has answered.
struct Connection {
    typealias Slot = UnsafeMutablePointer<Connection>

    // What every request touches stands first.
    let descriptor: CInt
    /// Whether the socket may have bytes that weren't read.
    var canRead = false
    /// Whether a short read isn't the end of what there is: the other side has ended, too.
    var mustReadToEnd = false
    /// Whether the answers wait for their group.
    var isHeld = false
    var asksCatalog = false
    /// Whether the answer that was written last ends the connection.
    var closesAfterAnswer = false
    var isClosing = false
    /// Whether it is closed and only waits to be freed.
    var isGone = false
    /// Whether the end of the pass in which it was closed has yet to come.
    var isLeaving = false
    /// Whether the last answer of a closing connection has left.
    var hasFlushed = false
    /// Whether the visitor sends nothing more.
    var isInputClosed = false
    /// Whether it goes on in the next pass.
    var isQueued = false
    /// Whether something was read since the sweeper last looked: cheaper than a look at the clock each time.
    var wasActive = true
    /// How far the unread bytes were searched for the end of a head.
    var scanned = 0
    /// What came and wasn't answered yet.
    var unread = KeptBytes()
    /// Since when the visitor owes the rest of a head.
    var headSince: NIODeadline?

    let peer: IPAddress?
    /// What the socket has yet to take; nothing else is answered meanwhile.
    var unsent = KeptBytes()
    /// When that must have left.
    var sendBy = NIODeadline.distantFuture
    /// When the sweeper last found that something had been read.
    var lastActive: NIODeadline
    /// When a closing connection is cut off.
    var closeBy = NIODeadline.distantFuture
    /// What the catalog said of the head that is next, and how many changes were known then.
    var lookedUp: (answer: LookedUp, changeCount: Int)?
    /// Its place among the loop's connections.
    var place = 0

    init(descriptor: CInt, peer: IPAddress?, now: NIODeadline) {
        self.descriptor = descriptor
        self.peer = peer
        lastActive = now
    }

    /// Whether nothing is to be read or answered for now.
    var isWaiting: Bool { isHeld || asksCatalog || unsent.count > 0 }
}

/// Bytes that a connection keeps for later; without any it has no memory of its own.
struct KeptBytes {
    private var base: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private var start = 0
    private var end = 0

    var count: Int { end - start }

    var bytes: ByteView {
        ByteView(start: base.map { UnsafePointer($0) + start }, count: count)
    }

    mutating func append(_ bytes: ByteView) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        guard let base else { return }
        memcpy(base + end, source, bytes.count)
        end += bytes.count
    }

    /// Drops bytes from the front.
    mutating func removeFirst(_ count: Int) {
        start += min(count, self.count)
        if start == end { free() }
    }

    mutating func free() {
        base?.deallocate()
        self = KeptBytes()
    }

    private mutating func reserve(_ additional: Int) {
        guard end + additional > capacity else { return }
        // What is kept once takes what it needs, what grows takes twice that.
        let needed = count + additional
        let larger = max(512, base == nil ? needed : needed * 2)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        if let base { memcpy(moved, base + start, count) }
        base?.deallocate()
        (base, capacity, start, end) = (moved, larger, 0, count)
    }
}
