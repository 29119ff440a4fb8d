import ClickModel

/// A kind of sink as the API shows it: what a destination of its is made of.
enum SinkAnswer {
    static func json(_ provider: any SinkProvider) -> JSON {
        [
            "kind": .string(provider.kind),
            "fields": .array(
                provider.fields.map { field in
                    [
                        "name": .string(field.name),
                        "required": .bool(field.isRequired),
                        "secret": .bool(field.isSecret),
                        "summary": .string(field.summary),
                    ]
                }
            ),
        ]
    }
}
