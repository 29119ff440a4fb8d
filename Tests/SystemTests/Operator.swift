import Foundation

/// Somebody who types commands at a service.
struct Operator {
    /// How a command ended.
    struct Ran {
        let status: Int32
        let out: String
        let err: String

        /// Standard output as JSON; nil when it isn't.
        var json: Any? {
            try? JSONSerialization.jsonObject(with: Data(out.utf8), options: .fragmentsAllowed)
        }

        var object: [String: Any] { json as? [String: Any] ?? [:] }
        var list: [[String: Any]] { json as? [[String: Any]] ?? [] }
        var id: String { object["id"] as? String ?? "" }
    }

    let folder: Folder
    private let environment: [String: String]

    /// - Parameters:
    ///   - folder: Where commands run.
    ///   - settings: Variables: `CLICKSTREAM_URL` and the like.
    init(in folder: Folder, _ settings: [String: String]) {
        self.folder = folder
        environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("CLICKSTREAM_") }.merging(settings) { $1 }
    }

    /// Somebody with the service's admin key.
    init(of service: ServiceProcess, in folder: Folder, workspace: String? = nil) {
        var settings = [
            "CLICKSTREAM_URL": "http://127.0.0.1:\(service.controlPort)",
            "CLICKSTREAM_KEY": service.key,
        ]
        settings["CLICKSTREAM_WORKSPACE"] = workspace
        self.init(in: folder, settings)
    }

    /// Types a command whose arguments have no blanks.
    func types(_ line: String) throws -> Ran {
        try runs(line.split(separator: " ").map(String.init))
    }

    func runs(
        _ arguments: [String],
        of program: String = binary ?? "",
        input: String = ""
    ) throws -> Ran {
        let files = ["in", "out", "err"].map { "\(folder.path)/\(UUID()).\($0)" }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        try Data(input.utf8).write(to: URL(filePath: files[0]))
        for file in files.dropFirst() {
            _ = FileManager.default.createFile(atPath: file, contents: nil)
        }
        let process = process(arguments)
        process.executableURL = URL(filePath: program)
        process.standardInput = FileHandle(forReadingAtPath: files[0])
        process.standardOutput = FileHandle(forWritingAtPath: files[1])
        process.standardError = FileHandle(forWritingAtPath: files[2])
        try process.run()
        process.waitUntilExit()
        return Ran(
            status: process.terminationStatus,
            out: try String(contentsOfFile: files[1], encoding: .utf8),
            err: try String(contentsOfFile: files[2], encoding: .utf8)
        )
    }

    /// Types a command at a terminal, and answers what it asks.
    ///
    /// - Parameters:
    ///   - line: The command.
    ///   - answers: The beginning of a question, and what is typed then.
    /// - Returns: How it ended; `out` is all that the terminal showed.
    /// - Throws: When a question doesn't come.
    func types(_ line: String, answering answers: [(question: String, answer: String)]) async throws
        -> Ran
    {
        let terminal = try PseudoTerminal()
        let process = process(line.split(separator: " ").map(String.init))
        let end = terminal.end
        (process.standardInput, process.standardOutput, process.standardError) = (end, end, end)
        try process.run()
        var place = ""
        for (question, answer) in answers {
            place = try await eventually(within: 60, "the question \(question)") {
                let shown = terminal.shown
                return shown.dropFirst(place.count).contains(question) ? shown : nil
            }
            terminal.type(answer + "\n")
        }
        process.waitUntilExit()
        try? end.close()
        let shown = try await eventually(within: 10, "the last words") {
            terminal.isOver ? terminal.shown : nil
        }
        return Ran(status: process.terminationStatus, out: shown, err: "")
    }

    private func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: binary ?? "")
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(filePath: folder.path)
        return process
    }
}
