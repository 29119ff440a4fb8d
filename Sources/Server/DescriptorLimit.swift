import Logging

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process's limit on open files, which connections count against.
enum DescriptorLimit {
    /// Kept for the log, the catalog, the control port and deliveries.
    private static let reserve = 512

    /// Raises the limit as far as the system lets, and says how many connections fit under it.
    ///
    /// - Returns: `wanted`, or what the limit leaves.
    static func connections(wanted: Int, logger: Logger) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return wanted
        }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        let files = Int(clamping: limit.rlim_cur)
        let room = max(files - reserve, files / 2)
        guard room < wanted else { return wanted }
        logger.warning(
            "edge.maxConnections is lowered to what the limit of open files leaves",
            metadata: [
                "edge.maxConnections": "\(wanted)", "openFiles": "\(files)", "now": "\(room)",
            ]
        )
        return room
    }
}
