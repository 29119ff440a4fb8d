import Foundation
import TestKit
import Testing

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct CommandTests {
    @Test func `an operator and a customer get through a day by the command alone`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let receiver = try await ReceiverProcess(in: folder, ["--header", "X-Key", "--value", "s"])
        try await service.start()

        let key = try theOperatorLetsACustomerIn(service, folder)
        let customer = Operator(
            in: folder,
            ["CLICKSTREAM_URL": "http://127.0.0.1:\(service.controlPort)", "CLICKSTREAM_KEY": key]
        )
        try theCustomerMakesALink(customer)
        let stream = try await theCustomerOrdersAStream(customer, receiver)
        #expect(try await service.click("/sale?n=1").status == 302)
        try await eventually("the event at the receiver") {
            try receiver.marks() == ["1"] ? () : nil
        }
        try await theCustomerLooksAfterTheStream(customer, stream)
        try await theOperatorLooksBack(Operator(of: service, in: folder))
        #expect(service.stop() == 0)
    }

    /// A plan, a workspace with a domain, and a key, which it returns.
    private func theOperatorLetsACustomerIn(_ service: ServiceProcess, _ folder: Folder) throws
        -> String
    {
        let admin = Operator(of: service, in: folder)
        let plan = try admin.types(
            "plans create Team --feature clickstream --streams 2 --events 1000 --json"
        )
        #expect((plan.object["limits"] as? [String: Any])?["events"] as? Int == 1000)
        #expect(try admin.types("workspaces create Acme --plan Team").status == 0)
        let shown = try admin.types("workspaces plan Acme")
        #expect(shown.out.contains(/limits.events +1000/))
        let domain = try admin.types(
            "domains create \(ServiceProcess.domain) --root-url https://www.example.com/"
        )
        #expect(domain.status == 0)
        let moved = try admin.types("domains move \(ServiceProcess.domain) --to Acme")
        #expect(moved.status == 0 && moved.out == "moved \(ServiceProcess.domain)\n", "\(moved)")
        #expect(try admin.types("domains count --workspace Acme").out == "1\n")
        let changed = try admin.runs([
            "domains", "update", ServiceProcess.domain, "--root-url", "", "--workspace", "Acme",
            "--json",
        ])
        #expect(changed.object["rootURL"] is NSNull)

        let key = try admin.types(
            "keys create all-day --expires 90d --workspace Acme --json"
        )
        #expect(key.object["scope"] as? String == "owner")
        #expect(key.object["expiresAt"] is String)
        #expect(key.err == "Keep the key: it is not shown again.\n")
        let wrong = try admin.types("keys create x --scope nobody")
        #expect(wrong.status == 64 && wrong.err.contains("Usage: clickstream keys create <name>"))
        return key.object["key"] as? String ?? ""
    }

    /// A link with all that a link can have.
    private func theCustomerMakesALink(_ customer: Operator) throws {
        let short = "\(ServiceProcess.domain)/sale"
        #expect(try customer.types("tags create spring --color 2d7ff9").status == 0)
        let link = try customer.types(
            "links create https://www.example.com/ --slashtag sale --domain \(ServiceProcess.domain) "
                + "--tag spring --title Sale --favourite --forward-parameters --json"
        )
        #expect(link.object["shortUrl"] as? String == short && link.err.isEmpty)
        let script = try customer.runs(
            ["scripts", "create", "pixel", "--file", "-"],
            input: "console.log(1)"
        )
        #expect(script.out.contains("console.log(1)"))
        #expect(try customer.types("apps create shop --ios acme://{path}").status == 0)

        let rule = try customer.types(
            "links rules add \(short) https://www.example.com/ie --country ie,gb --not-os ios --json"
        ).id
        for (line, words) in [
            (
                "links rules add \(short) https://www.example.com/x --device tablet --order 1",
                "tablet"
            ),
            ("links rules update \(short) \(rule) --country fr --order 1", "country in fr"),
            ("links rules show \(short) \(rule)", "country in fr"),
            ("links rules list \(short)", "device in tablet"),
            ("links rules remove \(short) \(rule)", "removed"),
            ("links opengraph show \(short)", ""),
            ("links opengraph set \(short) --title Spring", "Spring"),
            ("links opengraph remove \(short)", "removed"),
            ("links scripts add \(short) pixel", "added pixel"),
            ("links scripts remove \(short) pixel", "removed pixel"),
            ("links apps add \(short) shop --path sale", "added shop"),
            ("links apps list \(short)", "sale"), ("links apps remove \(short) shop", "removed"),
            ("links tags list \(short)", "spring"),
            ("links list --tag spring --domain \(ServiceProcess.domain) --favourite", short),
            ("links count --tag spring", "1\n"), ("links count --no-favourite", "0\n"),
            ("links favourite \(short) --off", "no favourite"),
            ("links update \(short) --no-tags --title Sale", "Sale"),
            ("links count --tag spring", "0\n"),
        ] {
            let ran = try customer.types(line)
            #expect(
                ran.status == 0 && (words.isEmpty || ran.out.contains(words)),
                "\(line): \(ran)"
            )
        }
        // A rule that would lead this test's click elsewhere goes with its last condition.
        let rules = try customer.types("links rules list \(short) --json").list
        for rule in rules {
            _ = try customer.types("links rules remove \(short) \(rule["id"] ?? "")")
        }

        for n in 0..<3 {
            #expect(
                try customer.types("links create https://www.example.com/ --slashtag old-\(n)")
                    .status
                    == 0
            )
        }
        let cut = try customer.types("links list --limit 2 --json")
        #expect(cut.list.count == 2 && cut.err.contains("--all"))
        #expect(try customer.types("links list --all --json").list.count == 4)
        #expect(try customer.types("links delete old-0 old-1 old-2").out == "deleted 3 links\n")
        let gone = try customer.types("links show old-0")
        #expect(gone.status == 1 && gone.err.contains("clickstream links list shows those"))
    }

    private func theCustomerOrdersAStream(_ customer: Operator, _ receiver: ReceiverProcess)
        async throws -> String
    {
        let missing = try customer.types("streams create http://127.0.0.1:\(receiver.port)/")
        #expect(missing.status == 64 && missing.err.contains("Usage: clickstream streams create"))
        let made = try await customer.types(
            "streams create --batch-seconds 0.1",
            answering: [
                ("Endpoint", "http://127.0.0.1:\(receiver.port)/"), ("Method", "put"),
                ("its name", ""), ("its value", "s"),
            ]
        )
        #expect(made.status == 0, "\(made.out)")
        #expect(made.out.contains("The stream is active."))
        #expect(made.out.contains(/method +PUT/))
        // What is typed blindly isn't shown, but by the answer, which shows it this once.
        #expect(made.out.contains("(not shown): \r\n"))
        let streams = try customer.types("streams list --json").list
        return try #require(streams.first?["id"] as? String)
    }

    private func theCustomerLooksAfterTheStream(_ customer: Operator, _ id: String) async throws {
        try await eventually("the delivery is noted") {
            try customer.types("streams deliveries \(id)").out.contains("delivered") ? () : nil
        }
        for (line, words) in [
            ("streams deliveries \(id) --limit 1 --json", "\"delivered\""),
            ("streams replays \(id)", "CREATED"), ("streams parked \(id)", "REASON"),
            ("streams count", "1\n"),
            (
                "streams update \(id) --max-requests-per-second none --filter {\"types\":[\"bot\"]}",
                "bot"
            ),
            ("streams pause \(id) --json", "\"paused\""), ("streams resume \(id)", "active"),
            ("workspaces usage", "MONTH"), ("sinks", "authentication.header"),
            ("account", "no limit"),
            ("plans list", "Team"),
        ] {
            let ran = try customer.types(line)
            #expect(ran.status == 0 && ran.out.contains(words), "\(line): \(ran)")
            let isJSON = line.hasSuffix("--json")
            #expect(!isJSON || ran.json != nil, "\(line): \(ran)")
        }
        for line in [
            "links list", "links count", "domains list", "tags list", "keys list", "scripts list",
            "apps list", "plans list", "workspaces list", "workspaces usage", "workspaces plan",
            "account", "sinks", "streams list", "streams show \(id)", "streams stats \(id)",
            "streams deliveries \(id)", "streams parked \(id)", "streams replays \(id)",
        ] {
            let ran = try customer.types("\(line) --json")
            #expect(ran.status == 0 && ran.json != nil, "\(line): \(ran)")
        }
        let secret = try customer.types("streams rotate-secret \(id) --json")
        #expect((secret.object["secret"] as? String)?.hasPrefix("whsec_") == true)
        let beyond = try customer.types("workspaces create Another")
        #expect(beyond.status == 1 && beyond.err.contains("the admin key"))
    }

    private func theOperatorLooksBack(_ admin: Operator) async throws {
        let audit = try admin.types("audit --workspace Acme --all --json").list
        #expect(audit.contains { $0["action"] as? String == "create" })
        #expect(try admin.types("audit --limit 1").err.contains("There are more"))
        let export = try admin.types("workspaces export Acme --out acme.ndjson --json")
        let text = try String(contentsOfFile: "\(admin.folder.path)/acme.ndjson", encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(export.object["lines"] as? Int == lines.count)
        #expect(lines.contains { $0.contains("\"type\":\"link\"") })
        #expect(try admin.types("workspaces export Acme").out == text)

        let unasked = try admin.types("workspaces delete Acme")
        #expect(unasked.status == 64 && unasked.err.contains("--yes"))
        let mistyped = try await admin.types(
            "workspaces delete Acme",
            answering: [("Type its name", "acme")]
        )
        #expect(mistyped.status == 1 && mistyped.out.contains("1 link, 1 domain, 1 stream, 1 key"))
        #expect(try admin.types("workspaces show Acme").status == 0)
        let gone = try await admin.types(
            "workspaces delete Acme",
            answering: [("Type its name", "Acme")]
        )
        #expect(gone.status == 0 && gone.out.contains("deleted Acme"), "\(gone)")
        #expect(try admin.types("workspaces show Acme").status == 1)
        #expect(try admin.types("plans delete Team").status == 0)
    }

    @Test func `a test delivery that isn't accepted is explained, and an update waits for its own`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let strict = try await ReceiverProcess(in: folder, ["--header", "X-Key", "--value", "s"])
        let broken = try await ReceiverProcess(in: folder, named: "broken", ["--status", "503"])
        try await service.start()
        let customer = Operator(of: service, in: folder)
        for (endpoint, words) in [
            ("http://127.0.0.1:\(freePort())/", "nothing listens on this port"),
            ("http://no-such-name.invalid/", "no-such-name.invalid has no address"),
            ("https://127.0.0.1:\(strict.port)/", "plain HTTP"),
            ("http://127.0.0.1:\(strict.port)/", "Your own check of the header"),
            ("http://127.0.0.1:\(broken.port)/", "its own log says why"),
        ] {
            let ran = try customer.types(
                "streams create \(endpoint) --header X-Key --value wrong --json"
            )
            #expect(ran.status == 1 && ran.err.contains(words), "\(endpoint): \(ran.err)")
            #expect(ran.err.contains("Mend it, then: clickstream streams verify \(ran.id)"))
        }
        let refused = try customer.types("streams create http://10.0.0.1/ --header X-Key --value s")
        #expect(refused.status == 1 && refused.err.contains("delivery.allowedNetworks"))

        let id = try customer.types(
            "streams create http://127.0.0.1:\(broken.port)/ --header X-Key --value s --no-wait --json"
        ).id
        let still = try customer.types("streams update \(id) --value t")
        #expect(still.status == 1 && still.err.contains("answered 503"), "\(still)")
        let mended = try customer.types(
            "streams update \(id) --endpoint http://127.0.0.1:\(strict.port)/ --value s"
        )
        #expect(mended.status == 0 && mended.err.contains("The stream is active."), "\(mended)")
        #expect(service.stop() == 0)
    }

    @Test func `what goes to a pipe comes in the order in which it was said`() async throws {
        let folder = try Folder()
        let service = ServiceProcess(data: "\(folder.path)/data")
        let receiver = try await ReceiverProcess(in: folder, [])
        try await service.start()
        let out = "\(folder.path)/both.out"
        let process = try launch(
            [
                "streams", "create", "http://127.0.0.1:\(receiver.port)/", "--header", "X-Key",
                "--value", "s", "--url", "http://127.0.0.1:\(service.controlPort)", "--key",
                service.key,
            ],
            log: out
        )
        process.waitUntilExit()
        let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
        #expect(lines.first?.hasPrefix("id ") == true)
        #expect(
            lines.suffix(2) == [
                "Keep key and secret: they are not shown again.", "The stream is active.",
            ]
        )
        #expect(service.stop() == 0)
    }

    // MARK: - Help

    @Test func `every command shows an example, and takes --json where it speaks to the service`()
        throws
    {
        let nobody = Operator(in: try Folder(), [:])
        let dump = try nobody.types("--experimental-dump-help").object
        let leaves = Self.leaves(try #require(dump["command"] as? [String: Any]), [])
        #expect(leaves.count > 80)
        for (path, command) in leaves {
            let help = try nobody.runs(path + ["--help"])
            #expect(help.status == 0 && help.out.contains("Example"), "\(path)")
            let options = (command["arguments"] as? [[String: Any]] ?? []).compactMap {
                ($0["preferredName"] as? [String: Any])?["name"] as? String
            }
            if options.contains("workspace") { #expect(options.contains("json"), "\(path)") }
            // Those take keys of the configuration as flags, and tell what is wrong with them themselves.
            guard path != ["serve"], path != ["check-config"], path != ["enrich"] else { continue }
            let wrong = try nobody.runs(path + ["--no-such-option", "x", "y", "z", "v"])
            #expect(wrong.status == 64, "\(path): \(wrong)")
            #expect(
                wrong.err.contains("Usage: clickstream \(path.joined(separator: " "))"),
                "\(path): \(wrong.err)"
            )
        }
    }

    private static func leaves(_ command: [String: Any], _ path: [String])
        -> [(path: [String], command: [String: Any])]
    {
        let inner = command["subcommands"] as? [[String: Any]] ?? []
        guard !inner.isEmpty else { return [(path, command)] }
        return inner.flatMap { one in
            let name = one["commandName"] as? String ?? ""
            return name == "help" ? [] : leaves(one, path + [name])
        }
    }

    @Test func `shells get completions of every command and of fixed choices`() throws {
        let nobody = Operator(in: try Folder(), [:])
        for shell in ["bash", "zsh", "fish"] {
            let script = try nobody.types("--generate-completion-script \(shell)")
            #expect(script.status == 0)
            for word in ["opengraph", "click-sender", "cloudevents"] {
                #expect(script.out.contains(word), "\(shell): \(word)")
            }
        }
    }

    @Test func `docs cli md is what the command says`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            root.appending(path: "scripts/cli.py").path, binary ?? "",
            root.appending(path: "docs/cli.md").path, "--check",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "run make docs")
    }
}
