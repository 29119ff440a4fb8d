import Foundation

#if os(Linux)
    import CLinux
#endif

/// How the C library's allocator treats memory that was freed.
enum MemorySettings {
    /// Lets the process keep the memory that blocks and batches come and go in.
    ///
    /// By default glibc maps anything from 128 KB up anew and gives the heap's end back to the system
    /// whenever that much of it is free. Each block of clicks would then be paid for in page faults: measured
    /// at a tenth of a click's cost. What is kept stays bounded, by 64 MB of free memory at a heap's end, and by few heaps:
    /// by default each thread begins one of its own, up to eight a core, and threads of pools that come and go begin them all
    /// in the course of an hour.
    static func keepFreedMemory() {
        #if os(Linux)
            _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
            _ = mallopt(M_TRIM_THRESHOLD, 64 << 20)
            _ = mallopt(M_TOP_PAD, 1 << 20)
            _ = mallopt(M_ARENA_MAX, 4 + Int32(clamping: UsableCores.count ?? 4))
        #endif
    }

    /// Lets go of what only the start needed.
    ///
    /// Most code that a start runs (reading tables and configuration, compiling patterns, migrations) never runs again, and
    /// yet its pages count as the process's. They are mapped from files: whichever is needed after all comes back from the
    /// system's cache. The allocator gives back what the start has freed.
    static func letGoOfStart() {
        #if os(Linux)
            _ = malloc_trim(0)
            // Its size is told as zero: it is read until it ends.
            guard let file = FileHandle(forReadingAtPath: "/proc/self/maps"),
                let maps = try? file.readToEnd()
            else { return }
            for range in codeOfFiles(in: String(decoding: maps, as: UTF8.self)) {
                guard let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else {
                    continue
                }
                _ = madvise(start, range.count, MADV_DONTNEED)
            }
        #endif
    }

    /// Where code lies that is mapped from a file, and that nobody can have written to: lines of /proc/self/maps.
    static func codeOfFiles(in maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else {
                return nil
            }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }
}
