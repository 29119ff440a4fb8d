import ClickModel
package import Foundation

/// An event as one line for people.
package struct EventLine: Sendable {
    /// Whether to colour it, for a terminal.
    private let isColoured: Bool

    package init(isColoured: Bool) { self.isColoured = isColoured }

    /// The line of an event's JSON; the JSON itself when it is none.
    package func text(of json: Data) -> String {
        guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            return TerminalText.line(String(decoding: json, as: UTF8.self))
        }
        // A CloudEvent has it inside.
        let event = object["specversion"] == nil ? object : object["data"] as? [String: Any] ?? [:]
        let agent = "client.agent"
        let time = (value(event, "timestamp") ?? "").prefix(19).replacing("T", with: " ")
        let isBot = value(event, "\(agent).type") == "bot"
        let what = [
            value(event, "\(agent).browser.name"), value(event, "\(agent).os.version"),
            value(event, "\(agent).device.name"),
        ].compactMap { $0 }.joined(separator: ", ")
        let route =
            "\(value(event, "route.domain.raw") ?? "?")/\(value(event, "route.slashtag") ?? "?")"
        return [
            paint("2", time), paint("36", route), "->",
            value(event, "route.destination.raw") ?? "?",
            paint("33", value(event, "client.location.country")?.uppercased() ?? "--"),
            isBot ? paint("35", "bot") : paint("32", "human"),
            what.isEmpty ? "unknown agent" : what,
            "from \(value(event, "referral.origin.name") ?? "?")",
        ].joined(separator: " ")
    }

    private func value(_ event: [String: Any], _ path: String) -> String? {
        var value: Any? = event
        for name in path.split(separator: ".") { value = (value as? [String: Any])?[String(name)] }
        // What a visitor sent must not steer the terminal.
        return (value as? String).map(TerminalText.line)
    }

    private func paint(_ colour: String, _ text: some StringProtocol) -> String {
        isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : String(text)
    }
}
