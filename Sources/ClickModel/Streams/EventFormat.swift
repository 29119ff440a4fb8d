/// The forms an event can be given to its owner in.
package enum EventFormat: String, CaseIterable, Sendable {
    /// The documented event, and nothing else.
    case rebrandly
    /// The same bytes, then `id`, `offset` and `details` before the last brace.
    case extended
    /// CloudEvents 1.0 in JSON, the documented event as its `data`.
    case cloudevents

    /// Appends one event in this format.
    package func append(_ stored: StoredEvent, to writer: ByteWriter) {
        append(
            event: stored.event,
            id: stored.facts.id,
            offset: stored.offset,
            details: stored.details,
            to: writer
        )
    }

    /// Appends one event in this format; `offset` is nil where there is no log.
    package func append(
        event: ByteView,
        id: ClickID,
        offset: Offset?,
        details: ByteView,
        to writer: ByteWriter
    ) {
        switch self {
        case .rebrandly:
            writer.append(event)
        case .extended:
            writer.append(event.view(0, event.count - 1))
            writer.append(",\"id\":\"")
            id.write(to: writer)
            writer.append("\",\"offset\":")
            if let offset { writer.append(decimal: offset.value) } else { writer.append("null") }
            writer.append(",\"details\":")
            writer.append(details)
            writer.append(0x7D)
        case .cloudevents:
            Self.appendCloudEvent(event, id, to: writer)
        }
    }

    /// A CloudEvent: its attributes repeat texts of the event as they stand there.
    ///
    /// `source` is never empty and `subject` left out where there is none, as the specification wants it.
    private static func appendCloudEvent(_ event: ByteView, _ id: ClickID, to writer: ByteWriter) {
        let fields = EventFields(event)
        writer.append(
            "{\"specversion\":\"1.0\",\"type\":\"com.clickstream.click.v1\",\"source\":\"//"
        )
        writer.append(fields.domainName ?? .none)
        writer.append("\",\"id\":\"")
        id.write(to: writer)
        writer.append("\",\"time\":\"")
        writer.append(fields.timestamp ?? .none)
        if let slashtag = fields.slashtag, slashtag.count > 0 {
            writer.append("\",\"subject\":\"")
            writer.append(slashtag)
        }
        writer.append("\",\"datacontenttype\":\"application/json\",\"data\":")
        writer.append(event)
        writer.append(0x7D)
    }
}
