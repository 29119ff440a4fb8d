import ClickModel
import EmbeddedLog
import Foundation

/// Times opening a log and reading it back, on one core, and prints the figures as JSON.
///
///     log-benchmark LOG.DB EVENTS
///
/// Reads so many events from the log's beginning on, as streams do: from the block index, checked and unpacked.
@main
struct LogBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let wanted = Int64(arguments[2]) else {
            FileHandle.standardError.write(Data("usage: log-benchmark LOG.DB EVENTS\n".utf8))
            exit(64)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let log = try EmbeddedLog(
            path: arguments[1],
            settings: LogSettings(),
            metrics: ServiceMetrics()
        )
        let opened = clock.now
        var position = log.bounds.lowerBound
        var (events, bytes) = (Int64(0), 0)
        while events < wanted,
            case .blocks(let blocks) = try await log.read(from: position, workspace: nil)
        {
            for block in blocks {
                events += Int64(block.facts.count)
                bytes += block.facts.reduce(0) { $0 + $1.length }
                position = block.offsets.upperBound
            }
        }
        let read = clock.now
        log.close()
        let figures: [String: Double] = [
            "openSeconds": (opened - start).inSeconds,
            "events": Double(events),
            "bytesPerEvent": Double(bytes) / Double(max(1, events)),
            "readPerSecond": Double(events) / (read - opened).inSeconds,
        ]
        let data = try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys)
        print(String(decoding: data, as: UTF8.self))
    }
}
