import ClickModel

/// Clicks as the edge makes them, from strings.
struct TestClick {
    var at = Timestamp(microseconds: 1_562_076_426_981_094)
    var route = Route.bare
    var address: IPAddress? = IPAddress("200.160.2.3")
    var query: String?
    var location: String?
    var rule: String?
    var headers: [ClickHeader: [UInt8]] = [:]

    /// Sets headers by their names in any case; those that no click keeps are left out.
    mutating func set(_ named: [String: String]) {
        for (name, value) in named {
            let header = ClickHeader.allCases.first { "\($0.name)" == name.lowercased() }
            if let header { headers[header] = Array(value.utf8) }
        }
    }

    mutating func set(_ header: ClickHeader, _ value: String?) {
        headers[header] = value.map { Array($0.utf8) }
    }

    func group() -> ClickGroup {
        var group = ClickGroup()
        append(to: &group)
        return group
    }

    func append(to group: inout ClickGroup) {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>?] = []
        for header in ClickHeader.allCases {
            guard let value = headers[header] else {
                ranges.append(nil)
                continue
            }
            ranges.append(bytes.count..<bytes.count + value.count)
            bytes += value
        }
        let queryBytes = query.map { Array($0.utf8) }
        let locationBytes = location.map { Array($0.utf8) }
        let ruleBytes = rule.map { Array($0.utf8) }
        // An empty header still has an address: it was sent.
        bytes.append(0)
        bytes.withUnsafeBufferPointer { all in
            let views = ranges.map { $0.map { all.view($0.lowerBound, $0.upperBound) } ?? .none }
            views.withUnsafeBufferPointer { views in
                (queryBytes ?? []).withUnsafeBufferPointer { query in
                    (locationBytes ?? []).withUnsafeBufferPointer { location in
                        (ruleBytes ?? []).withUnsafeBufferPointer { rule in
                            group.append(
                                receivedAt: at,
                                route: route,
                                address: address,
                                query: queryBytes == nil ? nil : query,
                                location: locationBytes == nil ? nil : location,
                                rule: ruleBytes == nil ? nil : rule,
                                headers: views
                            )
                        }
                    }
                }
            }
        }
    }
}

extension Route {
    /// A link of which nothing is known.
    static let bare = Route(
        id: nil,
        slashtag: nil,
        creatorID: nil,
        workspace: WorkspaceIdentity(number: 0, id: nil, name: nil),
        domain: DomainIdentity(id: nil, raw: nil),
        destination: nil
    )
}
