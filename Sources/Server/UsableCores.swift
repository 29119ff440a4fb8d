import Foundation

/// The cores that this process may run on.
enum UsableCores {
    /// How many the process is bound to (`taskset`, a service manager's `CPUAffinity`); nil where nobody tells.
    ///
    /// SwiftNIO counts the machine's cores and a container's quota, not these. Linux tells them in
    /// `/proc/self/status` as a hexadecimal mask: `Cpus_allowed: ff,ffffffff`.
    static var count: Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        else { return nil }
        let bits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
            .reduce(0) { $0 + $1.nonzeroBitCount }
        return bits > 0 ? bits : nil
    }
}
