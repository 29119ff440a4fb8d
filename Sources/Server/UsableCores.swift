#if canImport(Glibc)
    import Glibc
#endif

/// The cores that this process may run on.
enum UsableCores {
    /// How many the process is bound to (`taskset`, a service manager's `CPUAffinity`); nil where nobody knows.
    ///
    /// SwiftNIO counts the machine's cores and a container's quota, not these.
    static var count: Int? {
        #if canImport(Glibc)
            var set = cpu_set_t()
            guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return nil }
            return withUnsafeBytes(of: set) { bytes in bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
        #else
            return nil
        #endif
    }
}
