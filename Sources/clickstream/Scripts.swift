import ArgumentParser
import Foundation

/// Scripts that run in a visitor's browser before the redirect.
struct Scripts: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Scripts, such as pixels, that links may carry.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
            Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/scripts",
        command: "scripts",
        noun: "script",
        naming: .member("name"),
        columns: [("ID", "id"), ("NAME", "name"), ("UPDATED", "updatedAt")]
    )

    /// The text of a script, given or in a file.
    struct Text: ParsableArguments {
        @Option(help: "Its text.") var value: String?
        @Option(help: "A file with its text; - for standard input.", completion: .file())
        var file: String?

        func validate() throws {
            guard value == nil || file == nil else {
                throw ValidationError("--value and --file exclude each other.")
            }
        }

        func read() throws -> String? {
            guard let file else { return value }
            let data = file == "-" ? try? FileHandle.standardInput.readToEnd() : contents(file)
            guard let data, let text = String(data: data, encoding: .utf8) else {
                throw Failed("\(file) can't be read as UTF-8: see --file")
            }
            return text
        }

        private func contents(_ path: String) -> Data? {
            try? Data(contentsOf: URL(filePath: path))
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one.",
            examples: [
                "clickstream scripts create pixel --file pixel.js",
                "clickstream scripts create hello --value 'console.log(\"hello\")'",
            ]
        )
        @Argument(help: "Its name.") var name: String
        @OptionGroup var text: Text
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard text.value != nil || text.file != nil else {
                throw ValidationError("A script needs its text: --file or --value.")
            }
        }

        func run() async throws {
            var body = ["name": name]
            body["value"] = try text.read()
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change its name or text.",
            examples: ["clickstream scripts update pixel --file pixel.js"]
        )
        @OptionGroup var which: Which<Scripts>
        @Option(name: .customLong("name"), help: "Another name.") var newName: String?
        @OptionGroup var text: Text
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard newName != nil || text.value != nil || text.file != nil else {
                throw ValidationError("Say what is to change: --name, --file or --value.")
            }
        }

        func run() async throws {
            var body: [String: Any] = [:]
            body["name"] = newName
            body["value"] = try text.read()
            try await resource.update(which.name, body, service)
        }
    }
}
