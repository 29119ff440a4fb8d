import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        let writer = ByteWriter(capacity: 1024)
        json.write(to: writer)
        return Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }

    /// `{"count":n}`.
    static func count(_ count: Int) -> Response { .json(["count": .integer(count)]) }
}
