#if os(Linux)
    import CLinux
#endif

/// How the C library's allocator treats memory that was freed.
enum MemorySettings {
    /// Lets the process keep the memory that blocks and batches come and go in.
    ///
    /// By default glibc maps anything from 128 KB up anew and gives the heap's end back to the system
    /// whenever that much of it is free. Each block of clicks would then be paid for in page faults: measured
    /// at a tenth of a click's cost. What is kept stays bounded, by 64 MB of free memory at a heap's end.
    static func keepFreedMemory() {
        #if os(Linux)
            _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
            _ = mallopt(M_TRIM_THRESHOLD, 64 << 20)
            _ = mallopt(M_TOP_PAD, 1 << 20)
        #endif
    }
}
