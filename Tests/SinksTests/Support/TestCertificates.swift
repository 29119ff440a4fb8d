import NIOSSL

@testable import Sinks

/// Certificates made for these tests, good for a hundred years; their keys protect nothing.
enum TestCertificates {
    /// Who signed the two others.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBiTCCAS+gAwIBAgIURSpcoLeCg4Czpt+Q/A1CG9rzBrgwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwIBcNMjYxMTI2MTQxMDU3WhgPMjEy
        NjExMDIxNDEwNTdaMBkxFzAVBgNVBAMMDlRlc3QgQXV0aG9yaXR5MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEtG9eYf66ATWdPAzmkSEkOLLYH/gHqOBjmbZeWMmQ
        Ko0CFo7fqCbtC6MottJXBkueqeNs3W3fkoHgOU+gvjF5SaNTMFEwHQYDVR0OBBYE
        FJFjAXXRF1BOh+wUsNVF2lgvpaoQMB8GA1UdIwQYMBaAFJFjAXXRF1BOh+wUsNVF
        2lgvpaoQMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgTMDqFl3k
        M9viB3nZepJNDMZkE1ROMKQxFZ5pCjH6XTICIQDrWxd7jMnpNLEdmwmeSMRJg6D8
        G02vlvDj7VIf+nyf3Q==
        -----END CERTIFICATE-----
        """

    /// For `hook.test`.
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBkDCCATegAwIBAgIUKyjni6CELtEp5lZJj6rNEhj2R3MwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwIBcNMjYxMTI2MTQxMDU3WhgPMjEy
        NjExMDIxNDEwNTdaMBExDzANBgNVBAMMBnNlcnZlcjBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABOo+FpPWgREygwRyUdIPjKiKdC93tKIJmwnb/rbRcIfe5C2liAOz
        HC6E/zOfzuOkXNX3GcQgK4LNfYdFwdSmu7+jYzBhMBQGA1UdEQQNMAuCCWhvb2su
        dGVzdDAJBgNVHRMEAjAAMB0GA1UdDgQWBBR12iKB8mXeBCVBrUsfDwoQ53XIuDAf
        BgNVHSMEGDAWgBSRYwF10RdQTofsFLDVRdpYL6WqEDAKBggqhkjOPQQDAgNHADBE
        AiAxs3kcEjNK7IdotSUFNSV7hOPZIooy96augVQ1z23E+AIgED/GYpKbqO9JSFRw
        O+Q3Qs0YfaYKpL+v38y/cVjNq9k=
        -----END CERTIFICATE-----
        """

    static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgX0dHJ3lmMdyKa5mc
        EsGq1KBnD/FGRoplzJo1bAVAUuuhRANCAATqPhaT1oERMoMEclHSD4yoinQvd7Si
        CZsJ2/620XCH3uQtpYgDsxwuhP8zn87jpFzV9xnEICuCzX2HRcHUpru/
        -----END PRIVATE KEY-----
        """

    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBkzCCATmgAwIBAgIUKyjni6CELtEp5lZJj6rNEhj2R3QwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwIBcNMjYxMTI2MTQxMDU3WhgPMjEy
        NjExMDIxNDEwNTdaMBExDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABEIzJKKHr5iRJpocLXlliTlMKGE8gfdmuwwk88JpJTQFfLVJHGju
        fFZI50f8vXXmvzQhQdhFh5y2frDuLgUVLpujZTBjMBYGA1UdEQQPMA2CC2NsaWVu
        dC50ZXN0MAkGA1UdEwQCMAAwHQYDVR0OBBYEFO6U44sTeeZqMv1dTpJYn1yxMcMy
        MB8GA1UdIwQYMBaAFJFjAXXRF1BOh+wUsNVF2lgvpaoQMAoGCCqGSM49BAMCA0gA
        MEUCIAqWz3dWS4mXuiibd58VNqZjELmgMMxJVRaCOpS35xKfAiEA+VtyVHT8pKbQ
        yhlhWeYcqDStLLZ72sMq3UR+5iyVMFk=
        -----END CERTIFICATE-----
        """

    static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRBLwE7c25p7K2bbD
        4zq1CU7vrfN7GsvJt9i7reKCzByhRANCAARCMySih6+YkSaaHC15ZYk5TChhPIH3
        ZrsMJPPCaSU0BXy1SRxo7nxWSOdH/L115r80IUHYRYectn6w7i4FFS6b
        -----END PRIVATE KEY-----
        """

    /// How a server for `hook.test` is encrypted.
    ///
    /// - Parameter wantsClient: Whether it only speaks with those who show a certificate.
    /// - Returns: A server's context.
    /// - Throws: Why there is none.
    static func serverContext(wantsClient: Bool = false) throws -> NIOSSLContext {
        let authorities = try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8))
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(server.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(serverKey.utf8), format: .pem)
            )
        )
        if wantsClient {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(authorities)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
