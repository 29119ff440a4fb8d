import CEpoll
import Glibc

/// Both ends of a measurement, one thread each: the visitors, and the endpoint that batches are delivered to.
///
///     bench-load send --port N --requests FILE [--connections N] [--seconds S] [--warm S] [--rate R] [--per-connection N]
///     bench-load receive --port N
///
/// `send` says `ready` on a line when it begins to count, then the result as a line of JSON, and stays until its input is closed, so that
/// the server's CPU time can be read before it sees the connections close. Python starts both (`load.py`, `receiver.py`).
@main
enum BenchLoad {
    static func main() {
        cepoll_prepare()
        let arguments = CommandLine.arguments
        var values: [String: String] = [:]
        for index in stride(from: 2, to: arguments.count - 1, by: 2) {
            values[arguments[index]] = arguments[index + 1]
        }
        guard arguments.count > 1, let port = values["--port"].flatMap({ UInt16($0) }) else {
            usage()
        }
        switch arguments[1] {
        case "send":
            guard let path = values["--requests"] else { usage() }
            func number(_ name: String, _ otherwise: Double) -> Double {
                values[name].flatMap { Double($0) } ?? otherwise
            }
            var options = Sender.Options(port: port)
            options.connections = Int(number("--connections", 64))
            options.seconds = number("--seconds", 1)
            options.warmSeconds = number("--warm", 0)
            options.rate = number("--rate", 0)
            options.answersPerConnection = Int(number("--per-connection", 0))
            Sender(options, Requests(path: path)).run()
            while readLine() != nil {}
        case "receive": Receiver(port: port).run()
        default: usage()
        }
    }

    private static func usage() -> Never {
        complain("usage: bench-load send --port N --requests FILE ... | receive --port N")
        exit(64)
    }
}
