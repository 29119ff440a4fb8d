/// The forms an event can be given to its owner in.
package enum EventFormat: String, CaseIterable, Sendable {
    /// The documented event, and nothing else.
    case rebrandly
    /// The same bytes, then `id`, `offset` and `details` before the last brace.
    case extended

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
        }
    }
}
