import ClickModel

/// What a stream into a bucket is made of, checked.
struct S3Settings: Sendable {
    private static let timeouts = 1.0...300.0
    private static let defaultTimeout = 30.0
    private static let longestPrefix = 512

    /// The store, with the bucket in its name where that is how it is addressed.
    let endpoint: Endpoint
    let bucket: String
    let prefix: String
    let region: String
    let credentials: S3Credentials
    /// Whether the bucket is the path's first part.
    let isPathStyle: Bool
    let isCompressed: Bool
    let timeout: Duration

    /// Reads settings, or gives every problem that can be seen without a resolver.
    static func read(_ settings: [String: String]) -> Result<S3Settings, SettingProblems> {
        var reader = SettingReader(settings, fields)
        let region = reader.text(Field.region) ?? ""
        if !isName(region, 1...64, "-_") {
            reader.noteFormat(Field.region, "a region is written like eu-central-1")
        }
        let bucket = reader.text(Field.bucket) ?? ""
        if !isBucket(bucket) {
            reader.noteFormat(
                Field.bucket,
                "a bucket's name is 3 to 63 letters, digits, dots and hyphens"
            )
        }
        let prefix = reader.text(Field.prefix) ?? ""
        if let message = problem(withPrefix: prefix) { reader.noteFormat(Field.prefix, message) }
        let credentials = credentials(&reader)
        let hasOwnEndpoint = reader.text(Field.endpoint) != nil
        let isPathStyle = reader.flag(
            Field.pathStyle,
            // A certificate for *.s3.amazonaws.com is for no name with further dots.
            default: hasOwnEndpoint || bucket.contains(".")
        )
        let isCompressed = reader.flag(Field.gzip, default: true)
        let timeout = reader.seconds(Field.timeout, in: timeouts, default: defaultTimeout)
        guard reader.problems.isEmpty else { return reader.result(nil) }
        let endpoint = endpoint(&reader, region, isPathStyle ? nil : bucket)
        return reader.result(
            endpoint.map {
                S3Settings(
                    endpoint: $0,
                    bucket: bucket,
                    prefix: prefix,
                    region: region,
                    credentials: credentials,
                    isPathStyle: isPathStyle,
                    isCompressed: isCompressed,
                    timeout: timeout
                )
            }
        )
    }

    /// The path of an object, percent-encoded.
    func path(of key: String) -> String {
        let key = S3Signer.encoded(key, keepsSlashes: true)
        return isPathStyle ? "/\(bucket)/\(key)" : "/\(key)"
    }

    private static func endpoint(
        _ reader: inout SettingReader,
        _ region: String,
        _ hostBucket: String?
    ) -> Endpoint? {
        let url = reader.text(Field.endpoint) ?? "https://s3.\(region).amazonaws.com"
        do throws(Endpoint.Problem) {
            let endpoint = try Endpoint(url)
            guard endpoint.target == "/" else { throw .format("the endpoint has no path") }
            guard let hostBucket else { return endpoint }
            guard case .name = endpoint.host else {
                reader.noteFormat(Field.pathStyle, "an endpoint that is an address needs pathStyle")
                return nil
            }
            let scheme = endpoint.isTLS ? "https" : "http"
            return try Endpoint("\(scheme)://\(hostBucket.lowercased()).\(endpoint.authority)")
        } catch {
            reader.note(Field.endpoint, error)
            return nil
        }
    }

    private static func credentials(_ reader: inout SettingReader) -> S3Credentials {
        let credentials = S3Credentials(
            accessKey: reader.text(Field.accessKey) ?? "",
            secretKey: reader.text(Field.secretKey) ?? ""
        )
        for (name, value) in [
            (Field.accessKey, credentials.accessKey), (Field.secretKey, credentials.secretKey),
        ]
        where !(1...256).contains(value.utf8.count)
            || !value.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x2C })
        {
            reader.noteFormat(name, "\(name) is up to 256 visible characters without commas")
        }
        return credentials
    }

    private static func problem(withPrefix prefix: String) -> String? {
        guard prefix.utf8.count <= longestPrefix else {
            return "a prefix has at most \(longestPrefix) bytes"
        }
        guard !prefix.hasPrefix("/"), prefix.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return "a prefix begins with no slash and has no control characters"
        }
        // Clients and stores that tidy paths would look elsewhere.
        let parts = prefix.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            return "a prefix has no empty parts, and none that is . or .."
        }
        return nil
    }

    private static func isBucket(_ name: String) -> Bool {
        let edges = [name.first, name.last].compactMap(\.self)
        return isName(name, 3...63, "-._") && edges.allSatisfy { $0.isLetter || $0.isNumber }
    }

    private static func isName(
        _ text: String,
        _ lengths: ClosedRange<Int>,
        _ others: String
    ) -> Bool {
        lengths.contains(text.utf8.count) && !text.contains("..")
            && text.allSatisfy { character in
                others.contains(character)
                    || (character.isASCII && (character.isLetter || character.isNumber))
            }
    }
}
