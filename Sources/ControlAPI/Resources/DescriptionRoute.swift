import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /openapi.json`: the API's description (OpenAPI 3.1), as it stands in the sources.
struct DescriptionRoute {
    func add(to routes: Routes) {
        routes.get("openapi.json", .open) { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "application/json; charset=utf-8", .cacheControl: "no-store",
                ],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)
                )
            )
        }
    }
}
