import ClickModel

/// The event of the set-up's test delivery: the documented example.
enum SampleEvent {
    static let rebrandly = Array(
        #"""
        {"timestamp":"2019-07-02T14:07:06.981094Z",
        "client":{"language":"pt","location":{"country":"br"},
        "agent":{"browser":{"name":"facebook-app","version":"227.0.0.43.158"},
        "os":{"name":"android","version":"android-9.0-pie"},"device":{"name":"smartphone"},"type":"human"},
        "session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},
        "referral":{"hostname":"m.facebook.com","protocol":"http","path":"/",
        "origin":{"type":"social","name":"facebook"}},
        "route":{"id":"a1ec86bf91bfe763ad02f602259ea0a9","slashtag":"spring",
        "creator":{"id":"wf09bfww4eb9jkw2844555e1ce9af4f2",
        "workspace":{"id":"d88bfe5fgd14b2ghb44538b9aekpw89","name":"Acme"}},
        "domain":{"id":"9a5ae320f3e247ef8c9b6061131bb517","raw":"go.acme.com"},
        "destination":{"raw":
        "https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess",
        "protocol":"https","hostname":"www.yourdestination.com","path":"/",
        "params":{"query":{"utm_source":["cs_facebook_post"],"utm_medium":["customersuccess"]}}}}}
        """#.replacing("\n", with: "").utf8
    )

    private static let details = Array(
        #"""
        {"location":{"region":null,"city":null,"latitude":null,"longitude":null,"timezone":null},
        "agent":{"engine":"blink","brand":"Samsung","model":"SM-G960F","category":null,"reason":null},
        "link":{"shortUrl":"https://go.acme.com/spring","title":null,"tags":[],"createdAt":null,
        "query":null,"rule":null,"variant":null},"privacy":{"gpc":null,"dnt":null}}
        """#.replacing("\n", with: "").utf8
    )

    /// The sample's body for a stream's format and framing.
    static func body(_ format: EventFormat, _ framing: BodyFraming) -> [UInt8] {
        let writer = ByteWriter()
        writer.append(framing.prefix)
        rebrandly.withUnsafeBufferPointer { event in
            details.withUnsafeBufferPointer { details in
                format.append(
                    event: event,
                    id: ClickID(high: 0x016B_B2E0_8485_7000, low: 0x8000_0000_0000_0000),
                    offset: nil,
                    details: details,
                    to: writer
                )
            }
        }
        writer.append(framing.suffix)
        return Array(writer.bytes)
    }
}
