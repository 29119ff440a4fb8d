import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// How long a body may take to come.
    private static let longestBody = Duration.seconds(60)

    /// The body's bytes.
    ///
    /// - Parameter largest: How many there may be.
    /// - Returns: The bytes.
    /// - Throws: 413 for more than that, 408 for a body that trickles.
    func bytes(upTo largest: Int) async throws -> [UInt8] {
        let body = body
        let buffer: ByteBuffer
        do {
            buffer = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
                group.addTask { try await body.collect(upTo: largest) }
                group.addTask {
                    try await Task.sleep(for: Self.longestBody)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let buffer = first else {
                    throw APIError(
                        status: .requestTimeout,
                        code: "RequestTimeout",
                        message: "the body took too long: it may take \(Self.longestBody)"
                    )
                }
                return buffer
            }
        } catch is NIOTooManyBytesError {
            throw APIError(
                status: .contentTooLarge,
                code: "TooLarge",
                message: "a body has at most \(largest) bytes"
            )
        } catch let error as APIError {
            throw error
        } catch {
            throw UnreadableBody(underlying: error)
        }
        return Array(buffer.readableBytesView)
    }
}
