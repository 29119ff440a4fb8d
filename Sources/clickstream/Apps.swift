import ArgumentParser

/// Apps that links may open on phones.
struct Apps: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Apps that links may open on phones.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/apps",
        command: "apps",
        noun: "app",
        naming: .member("name"),
        columns: [("ID", "id"), ("NAME", "name"), ("IOS", "ios"), ("ANDROID", "android")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Make one: the URLs that open it, with {path} where a link's place in it goes.",
            examples: [
                "clickstream apps create shop --ios 'acme://{path}' --android 'acme://{path}'"
            ]
        )
        @Argument(help: "Its name.") var name: String
        @Option(help: "What opens it on iOS.") var ios: String?
        @Option(help: "What opens it on Android.") var android: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard ios != nil || android != nil else {
                throw ValidationError("An app opens on --ios, on --android or on both.")
            }
        }

        func run() async throws {
            let body = ["name": name, "ios": ios, "android": android].compactMapValues(\.self)
            resource.print(try await resource.create(body, service), service)
        }
    }
}
