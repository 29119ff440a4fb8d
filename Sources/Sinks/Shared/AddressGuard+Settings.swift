import ClickModel

extension AddressGuard {
    /// How long saving waits for a name; the attempts look again.
    private static let lookupLimit = Duration.seconds(5)

    /// What is wrong with a setting's host at saving.
    ///
    /// A name that doesn't resolve yet is no problem; one that resolves to a refused address is.
    func problems(with host: Endpoint.Host, of property: String) async -> [SettingProblem] {
        do {
            _ = try await withTimeout(Self.lookupLimit) { try await self.addresses(of: host) }
            return []
        } catch {
            guard case Refusal.refused(let message) = error else { return [] }
            return [SettingProblem(property: property, code: "AddressRefused", message: message)]
        }
    }
}
