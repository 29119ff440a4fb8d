import ClickModel
import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc

    @Suite struct OwnThreadTests {
        @Test func `a thread with long turns stands back, and one with short turns doesn't`()
            async throws
        {
            let before = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            let (short, long) = await (niceness(.short), niceness(.long))
            #expect(short == before)
            #expect(long == min(19, before + 5))
            // Whoever started them is as it was.
            #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) == before)
        }

        private func niceness(_ turns: OwnThread.Turns) async -> Int32 {
            await withCheckedContinuation { continuation in
                OwnThread.start("test", turns) {
                    let found = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                    continuation.resume(returning: found)
                }
            }
        }
    }
#endif
