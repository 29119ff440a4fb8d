/// A destination with the short link's query appended.
package enum ForwardedQuery {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Writes the destination with `query` after its own query and before its fragment.
    ///
    /// The query goes in as it was sent; equal names stay both. Bytes that no `Location` may carry
    /// (blanks, control characters, what is beyond ASCII) are percent-encoded.
    package static func append(_ query: ByteView, to destination: ByteView, into out: ByteWriter) {
        let end = destination.firstIndex(of: 0x23) ?? destination.count
        let base = destination.view(0, end)
        out.append(base)
        if !base.contains(0x3F) {
            out.append(0x3F)
        } else if let last = base.last, last != 0x3F, last != 0x26 {
            out.append(0x26)
        }
        for byte in query {
            if 0x21...0x7E ~= byte {
                out.append(byte)
            } else {
                out.append(0x25)
                out.append(hexDigits[Int(byte >> 4)])
                out.append(hexDigits[Int(byte & 15)])
            }
        }
        out.append(destination.view(end, destination.count))
    }
}
