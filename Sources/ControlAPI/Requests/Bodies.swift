import HTTPTypes
import Hummingbird
import NIOCore

/// The connection failed, or spoke no HTTP, while a body was read.
struct UnreadableBody: Error {
    let underlying: any Error
}

extension Request {
    /// How long a body may take to come.
    private static let longestUpload = Duration.seconds(60)

    /// The body's bytes.
    ///
    /// Reading ends when the body does, or the connection: so one that trickles costs its connection.
    ///
    /// - Parameters:
    ///   - largest: How many there may be.
    ///   - context: The request's.
    /// - Returns: The bytes.
    /// - Throws: 413 for more than that.
    func bytes(upTo largest: Int, _ context: ControlContext) async throws -> [UInt8] {
        let tooLarge = APIError(
            status: .contentTooLarge,
            code: "TooLarge",
            message: "a body has at most \(largest) bytes"
        )
        if let text = headers[.contentLength], let length = Int(text), length > largest {
            throw tooLarge
        }
        let cutoff = Task { [channel = context.channel] in
            try await Task.sleep(for: Self.longestUpload)
            channel.close(promise: nil)
        }
        defer { cutoff.cancel() }
        do {
            return Array(try await body.collect(upTo: largest).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw UnreadableBody(underlying: error)
        }
    }
}
