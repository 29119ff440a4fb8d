package import ClickModel

/// The one list of the kinds of sinks.
package enum SinkRegistry {
    /// Every kind there is.
    ///
    /// - Parameter addressGuard: Decides whom deliveries may be sent to.
    /// - Returns: One provider a kind.
    package static func providers(addressGuard: AddressGuard) -> [any SinkProvider] {
        [
            WebhookProvider(addressGuard: addressGuard)
        ]
    }
}
