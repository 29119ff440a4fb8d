import ClickModel

/// The page that tells fetchers of previews how a link looks (The Open Graph protocol, ogp.me).
enum PreviewPage {
    /// Writes the page; what was not given is left out.
    ///
    /// - Parameters:
    ///   - preview: How the link looks.
    ///   - shortURL: The link itself: fetchers take what `og:url` names for the page that they should have fetched.
    ///   - location: Where a person who ends up here is sent on to.
    ///   - out: Where the page goes.
    static func write(
        _ preview: LinkPreview,
        shortURL: String?,
        location: ByteView,
        into out: ByteWriter
    ) {
        out.append("<!doctype html><html><head><meta charset=\"utf-8\">\n")
        if !preview.title.isEmpty {
            out.append("<title>")
            out.append(html: preview.title)
            out.append("</title>\n")
        }
        write("og:title", preview.title, into: out)
        write("og:description", preview.description, into: out)
        write("og:image", preview.image, into: out)
        write("og:type", preview.type, into: out)
        write("og:locale", preview.locale, into: out)
        write("og:url", shortURL ?? "", into: out)
        out.append("<meta http-equiv=\"refresh\" content=\"0;url=")
        out.append(html: location)
        out.append("\">\n</head></html>\n")
    }

    private static func write(_ property: StaticString, _ content: String, into out: ByteWriter) {
        guard !content.isEmpty else { return }
        out.append("<meta property=\"")
        out.append(property)
        out.append("\" content=\"")
        out.append(html: content)
        out.append("\">\n")
    }
}

extension ByteWriter {
    /// Text as it may stand in HTML: between tags, and in an attribute's quotes.
    ///
    /// Control characters, which a page can't hold, become blanks.
    func append(html text: ByteView) {
        for byte in text {
            switch byte {
            case 0x26: append("&amp;")
            case 0x3C: append("&lt;")
            case 0x3E: append("&gt;")
            case 0x22: append("&quot;")
            case 0x27: append("&#39;")
            case 0..<0x20, 0x7F: append(0x20)
            default: append(byte)
            }
        }
    }

    func append(html text: String) {
        var text = text
        text.withUTF8 { append(html: $0) }
    }
}
