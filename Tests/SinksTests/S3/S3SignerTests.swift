import ClickModel
import Testing

@testable import Sinks

/// The examples of "Signature Calculations for the Authorization Header" in the S3 API reference.
@Suite struct S3SignerTests {
    private static let signer = S3Signer(
        credentials: S3Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE",
            secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        ),
        region: "us-east-1"
    )
    private static let time = Timestamp("2013-05-24T00:00:00Z")

    private static func authorization(_ subject: S3Signer.Subject) throws -> String {
        let headers = signer.signed(subject, at: try #require(time))
        return try #require(headers.last { $0.name == "authorization" }).value
    }

    private static func credential(_ names: String, _ signature: String) -> String {
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            + "SignedHeaders=\(names), Signature=\(signature)"
    }

    private static let host = (name: "host", value: "examplebucket.s3.amazonaws.com")

    @Test func `GET Object`() throws {
        let subject = S3Signer.Subject(
            method: "GET",
            path: "/test.txt",
            headers: [Self.host, ("Range", "bytes=0-9")],
            body: []
        )
        #expect(
            try Self.authorization(subject)
                == Self.credential(
                    "host;range;x-amz-content-sha256;x-amz-date",
                    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
                )
        )
    }

    @Test func `PUT Object`() throws {
        let subject = S3Signer.Subject(
            method: "PUT",
            path: "/\(S3Signer.encoded("test$file.text", keepsSlashes: true))",
            headers: [
                Self.host, ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            body: Array("Welcome to Amazon S3.".utf8)
        )
        #expect(
            try Self.authorization(subject)
                == Self.credential(
                    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
                )
        )
    }

    @Test func `GET Bucket Lifecycle, a query without a value`() throws {
        let subject = S3Signer.Subject(
            method: "GET",
            path: "/",
            query: [("lifecycle", "")],
            headers: [Self.host],
            body: []
        )
        #expect(
            try Self.authorization(subject)
                == Self.credential(
                    "host;x-amz-content-sha256;x-amz-date",
                    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
                )
        )
    }

    @Test func `GET Bucket, a query of two`() throws {
        let subject = S3Signer.Subject(
            method: "GET",
            path: "/",
            query: [("prefix", "J"), ("max-keys", "2")],
            headers: [Self.host],
            body: []
        )
        #expect(
            try Self.authorization(subject)
                == Self.credential(
                    "host;x-amz-content-sha256;x-amz-date",
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
                )
        )
    }

    @Test(arguments: [
        ("a/b=c/d e.gz", "a/b%3Dc/d%20e.gz", "a%2Fb%3Dc%2Fd%20e.gz"),
        ("é~-_.", "%C3%A9~-_.", "%C3%A9~-_."), ("+?#%", "%2B%3F%23%25", "%2B%3F%23%25"),
    ])
    func `names are encoded but for the unreserved characters`(
        _ text: String,
        _ path: String,
        _ query: String
    ) {
        #expect(S3Signer.encoded(text, keepsSlashes: true) == path)
        #expect(S3Signer.encoded(text, keepsSlashes: false) == query)
    }
}
