/// What Puffin, whose engine runs on a server under Linux, says of the device in front of its user: two
/// letters behind its version, as in `Puffin/4.6.1IT`.
struct PuffinBuild {
    enum System {
        case android, ios
    }

    let system: System
    let isTablet: Bool

    init?(_ text: AgentText) {
        guard let start = text.index(of: "puffin/") else { return nil }
        let letters = text.lowered[(start + 7)...].drop { 0x30...0x39 ~= $0 || $0 == 0x2E }.prefix(
            2
        )
        switch String(decoding: letters, as: UTF8.self) {
        case "ap": (system, isTablet) = (.android, false)
        case "at": (system, isTablet) = (.android, true)
        case "ip": (system, isTablet) = (.ios, false)
        case "it": (system, isTablet) = (.ios, true)
        default: return nil
        }
    }
}
