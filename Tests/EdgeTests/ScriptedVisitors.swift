import ClickModel
import Synchronization

/// Facts that a test can read off its request.
///
/// Addresses in 1.0.0.0/8 are in Brazil, those in 2.0.0.0/8 in Germany, all others nowhere. A user agent is its
/// system, its device and `preview`, with blanks between; `-` is unknown.
final class ScriptedVisitors: VisitorFacts {
    private let asked = Mutex(0)

    /// How many agents were looked at.
    var agentsAsked: Int { asked.withLock { $0 } }

    func country(of address: IPAddress) -> String? {
        switch address.v4.map({ $0 >> 24 }) {
        case 1: "br"
        case 2: "de"
        default: nil
        }
    }

    func language(of acceptLanguage: ByteView) -> String? {
        acceptLanguage.count < 2 ? nil : acceptLanguage.view(0, 2).text
    }

    func agent(of request: borrowing ClickRequest) -> VisitorAgent {
        asked.withLock { $0 += 1 }
        let words = request[.userAgent].text.split(separator: " ").map { $0 == "-" ? nil : $0 }
        let word = { words.count > $0 ? words[$0].map(String.init) : nil }
        return VisitorAgent(system: word(0), device: word(1), isPreview: word(2) == "preview")
    }
}
