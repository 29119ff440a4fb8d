import Testing

@testable import Sinks

@Suite struct RedactionTests {
    private let redaction = Redaction(["the \"key\""], header: "Bearer s3cret-token")

    @Test(arguments: [
        ("nothing of it", "nothing of it"),
        ("Authorization: Bearer s3cret-token, thanks", "Authorization: [redacted], thanks"),
        ("token s3cret-token is unknown", "token [redacted] is unknown"),
        (#"{"data":[],"key":"the \"key\""}"#, #"{"data":[],"key":"[redacted]"}"#),
        (#"the "key" and the "key""#, "[redacted] and [redacted]"),
        ("a\u{1B}[2Jb\r\nc", "a [2Jb  c"),
    ])
    func `secrets are taken out`(_ text: String, _ shown: String) {
        #expect(redaction.line(text.utf8, limit: 1024) == shown)
    }

    @Test func `a secret that the text breaks off in is taken out too`() {
        let text = "token s3cret-to".utf8
        #expect(redaction.line(text, limit: 1024, isCut: true) == "token [redacted]")
        #expect(redaction.line(text, limit: 1024) == "token s3cret-to")
    }

    @Test func `what a secret makes longer or shorter doesn't move the limit`() {
        let text = String(repeating: "s3cret-token", count: 500)
        #expect(redaction.line(text.utf8, limit: 25) == "[redacted][redacted][reda")
        #expect(redaction.line("0123456789".utf8, limit: 4) == "0123")
    }

    @Test func `bytes that are no text, and a value that is no secret, are shown as they are`() {
        let short = Redaction(["ab", ""])
        #expect(short.line([0x61, 0x62, 0xFF], limit: 10) == "ab\u{FFFD}")
    }
}
