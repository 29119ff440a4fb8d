import ClickstreamReceiver
import Foundation
import Testing

@Suite struct BatchTests {
    private func batch(
        _ body: String,
        _ headers: [String: String] = [:]
    ) throws(ReceiverError) -> Batch {
        try Batch(
            headers: DeliveryHeaders(["Webhook-Id": "bat_1"].merging(headers) { $1 }),
            body: Data(body.utf8)
        )
    }

    @Test func `events keep their bytes, whatever stands between them`() throws {
        let events = [
            #"{"a":1}"#, #"{"a" : [ 1.50e+3, {"]}":"\"]}\u00e9"} ] , "b":"ü"}"#, "{}",
        ]
        let compact = try batch("{\"data\":[\(events.joined(separator: ","))],\"key\":\"k\"}")
        #expect(compact.events == events.map { Data($0.utf8) })
        #expect(compact.key == "k")
        #expect(compact.framing == .envelope)
        let loose = try batch(
            "\r\n{ \"more\" : [[], null, true, -0] ,\t\"k\\u0065y\": \"\\u006b\", \"data\" : [ "
                + events.joined(separator: " ,\n") + " ] } \n"
        )
        #expect(loose.events == compact.events)
        #expect(loose.key == "k")
    }

    @Test func `the headers tell where a batch stands`() throws {
        let told = try batch(
            #"{"data":[]}"#,
            [
                "webhook-attempt": "3", "webhook-first-sequence": "7",
                "webhook-last-sequence": "9", "webhook-lane": "2", "webhook-replay": "rep_1",
            ]
        )
        #expect(told.id == "bat_1")
        #expect(told.attempt == 3)
        #expect(told.sequences == 7...9)
        #expect(told.lane == 2)
        #expect(told.replayID == "rep_1")
        #expect(!told.isTest)
        #expect(told.key == nil)
        let test = try batch(#"{"data":[{}],"key":null}"#, ["webhook-test": "true"])
        #expect(test.isTest)
        #expect(test.sequences == nil)
        #expect(test.lane == nil)
        #expect(test.replayID == nil)
        #expect(test.attempt == 1)
        #expect(test.key == nil)
    }

    @Test(arguments: [
        ("webhook-attempt", "0"), ("webhook-attempt", "99999999999"), ("webhook-attempt", "x"),
        ("webhook-first-sequence", "0"), ("webhook-first-sequence", "-1"),
        ("webhook-first-sequence", "9223372036854775808"), ("webhook-last-sequence", ""),
        ("webhook-last-sequence", "4"), ("webhook-lane", "256"), ("webhook-lane", "-0"),
    ])
    func `numbers that are none are refused by name`(_ name: String, _ value: String) {
        let headers = ["webhook-first-sequence": "5", "webhook-last-sequence": "6"]
        let error = #expect(throws: ReceiverError.malformedHeader(name)) {
            try batch(#"{"data":[]}"#, headers.merging([name: value]) { $1 })
        }
        #expect(error?.isUnauthenticated == false)
    }

    @Test func `one sequence number without the other is refused`() {
        #expect(throws: ReceiverError.missingHeader("webhook-last-sequence")) {
            try batch(#"{"data":[]}"#, ["webhook-first-sequence": "1"])
        }
        #expect(throws: ReceiverError.missingHeader("webhook-first-sequence")) {
            try batch(#"{"data":[]}"#, ["webhook-last-sequence": "1"])
        }
    }

    @Test(arguments: [
        "", " ", "null", "1", "\"data\"", "{}", "[1]", "[[]]", "[{}", "[{},]", "[{}]]", "[,{}]",
        #"{"data":{}}"#, #"{"data":[1]}"#, #"{"data":[{}]"#, #"{"data":[{}]}}"#,
        #"{"data":[],"data":[]}"#, #"{"data":[],"key":1}"#, #"{"data":[],"key":"a","key":"a"}"#,
        #"{"data":[],"key":"\ud800"}"#, #"{"data":[{"a":01}]}"#, #"{"data":[{"a":1.}]}"#,
        #"{"data":[{"a":.5}]}"#, #"{"data":[{"a":1e}]}"#, #"{"data":[{"a":-}]}"#,
        #"{"data":[{"a":"\x"}]}"#, #"{"data":[{"a":"\u12g4"}]}"#, #"{"data":[{"a":"\"#,
        "{\"data\":[{\"a\":\"\n\"}]}", #"{"data":[{"a"}]}"#, #"{"data":[{a:1}]}"#,
        #"{"data":[{"a":nul}]}"#, #"{"data":[{"a":NaN}]}"#, #"{"data":[{"a":1,}]}"#,
        "\u{FEFF}{\"data\":[]}", #"{"data":[]} x"#, #"{"data":[]"#, #"{"data":["#, #"{"data""#,
    ])
    func `what is not JSON of a known framing is refused`(_ body: String) {
        #expect(throws: ReceiverError.malformedBody, "\(body)") { try batch(body) }
    }

    @Test func `text that is not UTF-8 is refused`() throws {
        let body = Data(#"{"data":[{"a":""#.utf8) + [0xC3, 0x28] + Data(#""}]}"#.utf8)
        #expect(throws: ReceiverError.malformedBody) {
            try Batch(headers: DeliveryHeaders(["webhook-id": "a"]), body: body)
        }
    }

    @Test func `values are nested 32 deep at most`() throws {
        func nested(_ depth: Int) -> String {
            // The array of events is one, and each event another.
            let inner =
                String(repeating: "[", count: depth - 2) + String(repeating: "]", count: depth - 2)
            return "[{\"a\":\(inner)}]"
        }
        #expect(try batch(nested(32)).events.count == 1)
        #expect(throws: ReceiverError.malformedBody) { try batch(nested(33)) }
        #expect(throws: ReceiverError.malformedBody) {
            try batch(String(repeating: "[{\"a\":", count: 1_000_000))
        }
    }

    @Test func `no byte of a body that is changed, left out or cut off traps`() {
        let body = Array(
            "{\"data\":[\(golden),{\"a\":[-1.5e-3,\"\\u00e9\\n\"]}],\"key\":\"k\"}".utf8
        )
        let headers = DeliveryHeaders(["webhook-id": "bat_1"])
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed)
        func read(_ bytes: some Sequence<UInt8>) {
            guard let batch = try? Batch(headers: headers, body: Data(bytes)) else { return }
            // What is taken is JSON.
            for event in batch.events {
                #expect(throws: Never.self, "seed \(seed)") {
                    try JSONSerialization.jsonObject(with: event)
                }
            }
            _ = try? batch.clickEvents()
        }
        for place in body.indices {
            read(body[..<place])
            read(body[..<place] + body[(place + 1)...])
            var changed = body
            changed[place] = UInt8.random(in: .min ... .max, using: &random)
            read(changed)
        }
    }
}
