import Foundation

/// Asks people; questions go to standard error, so standard output stays clean.
enum Terminal {
    /// Whether somebody is there to be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether what goes to standard error is seen as it comes.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Asks until there is an answer.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - usual: What no answer means; nil when one is needed.
    /// - Returns: The answer.
    /// - Throws: `Failed` when the input ends.
    static func ask(_ question: String, usual: String? = nil) throws -> String {
        while true {
            write("\(question)\(usual.map { " [\($0)]" } ?? ""): ")
            guard let line = readLine() else { throw Failed("there was no answer") }
            let answer = line.trimmingCharacters(in: .whitespaces)
            if !answer.isEmpty { return answer }
            if let usual { return usual }
        }
    }

    /// Asks for what nobody may read over a shoulder.
    static func askSecret(_ question: String) throws -> String {
        var shown = termios()
        guard tcgetattr(STDIN_FILENO, &shown) == 0 else { return try ask(question) }
        let deadly = [SIGINT, SIGQUIT, SIGTERM, SIGHUP]
        settings = shown
        for signal in deadly { Foundation.signal(signal, Self.leave) }
        // Who comes back from a stop would type for all to see.
        Foundation.signal(SIGTSTP, SIG_IGN)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            for signal in deadly + [SIGTSTP] { Foundation.signal(signal, SIG_DFL) }
            write("\n")
        }
        while true {
            write("\(question) (not shown): ")
            guard let line = readLine() else { throw Failed("there was no answer") }
            // As it is, blanks and all: it is sent so.
            if !line.isEmpty { return line }
        }
    }

    /// The terminal as it was before it hid what is typed; set before a signal can ask for it.
    private nonisolated(unsafe) static var settings = termios()

    /// Ends the program by a signal, and leaves the terminal as it was.
    private static let leave: @convention(c) (Int32) -> Void = { number in
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        signal(number, SIG_DFL)
        raise(number)
    }

    /// Writes to standard error what may be written over.
    static func write(_ text: String) {
        Printing.flush()
        FileHandle.standardError.write(Data(text.utf8))
    }
}
