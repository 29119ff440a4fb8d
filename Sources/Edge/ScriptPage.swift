import ClickModel

/// The page of a link that has scripts: a browser runs them, and goes on.
enum ScriptPage {
    /// Milliseconds that scripts have to do what they do, once they are loaded.
    private static let pause = "300"

    /// Writes the page.
    ///
    /// Scripts are their owner's, on the owner's own domain: they go out as they were given. Without JavaScript the browser goes
    /// on at once.
    ///
    /// - Parameters:
    ///   - scripts: HTML with `<script>` in it, or a script's text.
    ///   - location: Where the visitor is sent on to.
    ///   - out: Where the page goes.
    static func write(_ scripts: [String], location: ByteView, into out: ByteWriter) {
        out.append("<!doctype html><html><head><meta charset=\"utf-8\"><title></title>\n")
        out.append("<noscript><meta http-equiv=\"refresh\" content=\"0;url=")
        out.append(html: location)
        out.append("\"></noscript>\n<link id=\"to\" href=\"")
        out.append(html: location)
        out.append("\">\n")
        for script in scripts {
            let isMarkup = script.lowercased().contains("<script")
            if !isMarkup { out.append("<script>") }
            out.append(text: script)
            out.append(isMarkup ? "\n" : "</script>\n")
        }
        // A script that never loads must not keep anybody: the second timer doesn't wait for the page.
        out.append("<script>(function(){var to=document.getElementById('to').href;")
        out.append("function go(){location.replace(to)}")
        out.append("addEventListener('load',function(){setTimeout(go,")
        out.append(text: pause)
        out.append(")});setTimeout(go,3000)})()</script>\n</head></html>\n")
    }
}
