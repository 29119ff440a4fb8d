import ClickModel

/// The page of a link that has scripts: a browser runs them, and goes on.
enum ScriptPage {
    /// Milliseconds that scripts have to do what they do once they are loaded, and that they have in all.
    private static let pause = "300"
    private static let most = "3000"

    /// Writes the page.
    ///
    /// Scripts are their owner's, on the owner's own domain: they go out as they were given. What sends the visitor on stands
    /// before them, so that one that never loads, or that swallows the rest of the page, keeps nobody. Without JavaScript the browser
    /// goes on at once.
    ///
    /// - Parameters:
    ///   - scripts: What runs.
    ///   - location: Where the visitor is sent on to.
    ///   - out: Where the page goes.
    static func write(_ scripts: [PageScript], location: ByteView, into out: ByteWriter) {
        out.append("<!doctype html><html><head><meta charset=\"utf-8\"><title></title>\n")
        out.append("<noscript><meta http-equiv=\"refresh\" content=\"0;url=")
        out.append(html: location)
        out.append("\"></noscript>\n<link id=\"to\" href=\"")
        out.append(html: location)
        out.append("\">\n<script>(function(){var to=document.getElementById('to').href;")
        out.append(
            "function go(){location.replace(to)}addEventListener('load',function(){setTimeout(go,"
        )
        out.append(text: pause)
        out.append(")});setTimeout(go,")
        out.append(text: most)
        out.append(")})()</script>\n")
        for script in scripts {
            script.markup.withUnsafeBufferPointer { out.append($0) }
            out.append(0x0A)
        }
        out.append("</head></html>\n")
    }
}
