package import ClickModel

/// The one list of the kinds of sinks.
package enum SinkRegistry {
    /// Every kind there is on this installation.
    ///
    /// - Parameters:
    ///   - addressGuard: Decides whom deliveries may be sent to.
    ///   - fileDirectory: The folder of the kind `file`; nil where the operator gives none, and the
    ///     kind is then not offered.
    /// - Returns: One provider a kind.
    package static func providers(
        addressGuard: AddressGuard,
        fileDirectory: String? = nil
    ) -> [any SinkProvider] {
        let everywhere: [any SinkProvider] = [
            WebhookProvider(addressGuard: addressGuard),
            S3Provider(addressGuard: addressGuard),
        ]
        return everywhere + (fileDirectory.map { [FileProvider(directory: $0)] } ?? [])
    }
}
