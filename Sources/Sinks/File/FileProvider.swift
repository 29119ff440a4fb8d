package import ClickModel

/// The kind `file`: events as lines of files in a folder of the operator's.
package struct FileProvider: SinkProvider {
    package let kind = "file"
    package let fields = FileSettings.fields

    private let folder: Folder

    /// - Parameter directory: The folder that every stream's files are in.
    package init(directory: String) { self.init(Folder(directory)) }

    init(_ folder: Folder) { self.folder = folder }

    package func framing(for format: EventFormat, key: String) -> BodyFraming {
        NDJSON.framing
    }

    package func problems(with settings: [String: String]) async -> [SettingProblem] {
        switch FileSettings.read(settings) {
        case .failure(let problems): problems.list
        case .success: []
        }
    }

    package func makeSink(for stream: EventStream) -> any Sink {
        switch FileSettings.read(stream.destination.settings) {
        case .success(let settings): FileSink(settings, of: stream.id, in: folder)
        case .failure(let problems): UnusableSink(problems)
        }
    }
}
