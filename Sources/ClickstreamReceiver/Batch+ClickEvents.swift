import Foundation

extension Batch {
    /// The part of a CloudEvent that matters here.
    private struct CloudEvent: Decodable {
        let id: String
        let data: ClickEvent
    }

    /// The events, decoded; of CloudEvents their `data`, with the CloudEvent's id.
    ///
    /// - Throws: `malformedEvent` for the first that isn't of the documented shape.
    public func clickEvents() throws(ReceiverError) -> [ClickEvent] {
        var decoded: [ClickEvent] = []
        decoded.reserveCapacity(events.count)
        let decoder = JSONDecoder()
        for (index, json) in events.enumerated() {
            do {
                switch framing {
                case .envelope:
                    decoded.append(try decoder.decode(ClickEvent.self, from: json))
                case .array:
                    let event = try decoder.decode(CloudEvent.self, from: json)
                    decoded.append(event.data.identified(by: event.id))
                }
            } catch {
                throw .malformedEvent(index: index)
            }
        }
        return decoded
    }
}

extension ClickEvent {
    fileprivate func identified(by id: String) -> ClickEvent {
        ClickEvent(
            timestamp: timestamp,
            client: client,
            referral: referral,
            route: route,
            id: id,
            offset: offset,
            details: details
        )
    }
}
