import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension Workspaces {
    /// Everything that a workspace has but its events.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down everything that one has but its events, as NDJSON.",
            notes: """
                Each line is {"type":"link","data":{...}}: the workspace, its usage, domains, tags, scripts, apps, \
                links with their rules, streams and keys. Secrets are masked. A file is whole or not there.
                """,
            examples: [
                "clickstream workspaces export Acme --out acme.ndjson",
                "clickstream workspaces export | jq -r 'select(.type==\"link\").data.shortUrl'",
            ]
        )
        @OptionGroup var which: WorkspaceOrOwn
        @Option(help: "The file; standard output when left out.", completion: .file())
        var out: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let id = try await which.find(client)["id"] as? String ?? ""
            let response = try await client.open(
                .GET,
                "\(resource.path)/\(pathPart(id))/export",
                timeout: .hours(1)
            )
            guard response.headers.first(name: "content-type") == "application/x-ndjson" else {
                throw client.stranger
            }
            let file = try OutputFile(out)
            var lines = 0
            do {
                for try await part in response.body {
                    lines += part.readableBytesView.count { $0 == 0x0A }
                    try file.write(part)
                    if out != nil, Terminal.isWatched { Terminal.write("\r\(lines) lines") }
                }
                try file.finish()
            } catch {
                file.discard()
                if error is Failed { throw error }
                throw Failed("the export broke off after \(lines) lines: try again (\(error))")
            }
            guard let out else { return }
            if Terminal.isWatched { Terminal.write("\r") }
            if service.json {
                Printing.say(Printing.text(ofJSON: ["file": out, "lines": lines]))
            } else {
                Printing.say("\(lines) lines in \(Printing.lines(out))")
            }
        }
    }
}

/// A file that takes its place when it is whole; or standard output.
struct OutputFile {
    private let path: String?
    private let handle: FileHandle
    private var unfinished: String { "\(path ?? "").part" }

    /// - Throws: `Failed` when the file can't be made.
    init(_ path: String?) throws {
        self.path = path
        guard let path else {
            handle = .standardOutput
            return
        }
        guard FileManager.default.createFile(atPath: "\(path).part", contents: nil),
            let handle = FileHandle(forWritingAtPath: "\(path).part")
        else { throw Failed("\(path) can't be written: see --out") }
        self.handle = handle
    }

    func write(_ buffer: ByteBuffer) throws {
        do {
            try handle.write(contentsOf: Data(buffer.readableBytesView))
        } catch {
            throw Failed("\(path ?? "standard output") can't be written any further")
        }
    }

    /// Lets the file take its place.
    func finish() throws {
        guard let path else { return }
        guard (try? handle.synchronize()) != nil, (try? handle.close()) != nil,
            rename(unfinished, path) == 0
        else { throw Failed("\(path) can't be written: see --out") }
    }

    func discard() {
        guard path != nil else { return }
        try? FileManager.default.removeItem(atPath: unfinished)
    }
}
