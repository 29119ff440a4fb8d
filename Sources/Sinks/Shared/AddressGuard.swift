package import ClickModel
import NIOCore

/// Decides whom deliveries may be sent to: the wall against server-side request forgery.
///
/// The name is resolved once, every address is checked, and the connection goes to a checked address.
/// The same code serves saving, testing and delivering.
package final class AddressGuard: Sendable {
    /// Why an endpoint can't be called.
    package enum Refusal: Error, Hashable {
        /// An address that deliveries may not go to.
        case refused(String)
        /// The name has no address, at least not now.
        case unresolved(String)
    }

    /// IPv4 ranges that no delivery goes to: the registries of special-purpose addresses (RFC 6890 and
    /// its successors), and 168.63.129.16, a cloud's host agent on a public address.
    private static let refusedV4 = ranges([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    ])
    /// Only global unicast is called over IPv6, and of it not Teredo and the other protocol
    /// assignments, documentation, or 6to4.
    private static let allowedV6 = ranges(["2000::/3"])
    private static let refusedV6 = ranges(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"])
    private static let nat64 = ranges(["64:ff9b::/96"])

    private let allowed: [AddressRange]
    private let lookups: NameLookups

    /// Makes a guard.
    ///
    /// - Parameter allowed: Ranges that the operator opened.
    package convenience init(allowed: [AddressRange]) {
        self.init(allowed: allowed, lookups: NameLookups())
    }

    init(allowed: [AddressRange], lookups: NameLookups) {
        self.allowed = allowed
        self.lookups = lookups
    }

    /// The addresses that may be connected to for a host; at least one.
    ///
    /// - Throws: `Refusal`, when any address is refused or there is none. It doesn't name an address
    ///   that a name led to: who asks could else map the network behind this host.
    func addresses(of host: Endpoint.Host) async throws(Refusal) -> [IPAddress] {
        let found: [IPAddress]
        let shown: String
        switch host {
        case .address(let address): (found, shown) = ([address], "\(address)")
        case .name(let name):
            found = await lookups.addresses(of: name) ?? []
            shown = "an address that \(name) resolves to"
        }
        guard !found.isEmpty else { throw .unresolved("the host's name does not resolve") }
        guard let own = Self.interfaceAddresses() else {
            throw .refused("this machine's own addresses can't be listed, so nobody is called")
        }
        for address in found where !isAllowed(address, own: own) {
            throw .refused("deliveries to \(shown) are not allowed (delivery.allowedNetworks)")
        }
        return found
    }

    func isAllowed(_ address: IPAddress, own: Set<IPAddress>) -> Bool {
        let address = Self.unwrapped(address)
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if own.contains(address) { return false }
        if address.isV4 { return !Self.refusedV4.contains { $0.contains(address) } }
        return Self.allowedV6.contains { $0.contains(address) }
            && !Self.refusedV6.contains { $0.contains(address) }
    }

    /// The IPv4 address inside a NAT64 one. (IPv4-mapped ones are IPv4 to `IPAddress` already.)
    private static func unwrapped(_ address: IPAddress) -> IPAddress {
        guard nat64.contains(where: { $0.contains(address) }) else { return address }
        return IPAddress(v4: UInt32(truncatingIfNeeded: address.low))
    }

    private static func ranges(_ texts: [String]) -> [AddressRange] {
        texts.compactMap(AddressRange.init)
    }

    /// This machine's own addresses; nil when they can't be told.
    private static func interfaceAddresses() -> Set<IPAddress>? {
        guard let devices = try? System.enumerateDevices() else { return nil }
        return Set(devices.compactMap { $0.address?.ipAddress.flatMap { IPAddress($0) } })
    }
}
