package import Hummingbird
import Logging
import NIOCore

/// What a request carries on its way through the API.
package struct ControlContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Who asks; set once the key was checked.
    var caller: Caller?
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The request's own id, as logs name it.
    var requestID: String? { logger[metadataKey: "hb.request.id"].map { "\($0)" } }
}
