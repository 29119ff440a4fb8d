package import ClickModel
import Testing

/// A destination of a kind of sink, in the hands of a test.
package protocol TestDestination: Sendable {
    /// Settings that lead to it.
    var settings: [String: String] { get }
    /// The bodies that it accepted, in order.
    var accepted: [[UInt8]] { get async }
    /// What it does with the next batches; accepts when it has nothing left.
    func prepare(_ conduct: [DestinationConduct]) async
    /// What it can do; a disk, for one, gives an answer to everything.
    var conducts: Set<DestinationConduct> { get }
}

extension TestDestination {
    package var conducts: Set<DestinationConduct> { Set(DestinationConduct.allCases) }
}

/// What a destination does with a batch.
package enum DestinationConduct: CaseIterable, Sendable {
    case accept
    /// Says no, for now.
    case refuse
    /// Breaks off without an answer.
    case breakOff
    /// Takes it and never answers.
    case hang
}

/// What every kind of sink must do; run by each kind's tests against a real destination.
package struct SinkConformance {
    private static let key = "the-envelope-key"
    /// The batches in their order: each has sequence numbers of its own.
    private static let names = [
        "first", "second", "third", "refuse", "breakOff", "hangs", "cancelled", "early", "large",
        "unusable",
    ]

    private let provider: any SinkProvider
    private let destination: any TestDestination

    package init(_ provider: some SinkProvider, _ destination: some TestDestination) {
        self.provider = provider
        self.destination = destination
    }

    /// Runs every check.
    package func run() async throws {
        await everyMissingSettingIsNamed()
        #expect(await provider.problems(with: destination.settings).isEmpty)
        let destination = Destination(kind: provider.kind, settings: destination.settings)
        let sink = provider.makeSink(
            for: .fixture(destination: destination, key: Self.key)
        )
        let conducts = self.destination.conducts
        await whatIsAcceptedArrivesByteForByte(sink)
        for conduct in [DestinationConduct.refuse, .breakOff] where conducts.contains(conduct) {
            await aFailureIsToldAndTheSameBatchGoesThroughLater(sink, conduct)
        }
        if conducts.contains(.hang) {
            await aDestinationThatHangsIsGivenUp(sink)
            await aCancelledDeliveryEndsAtOnce(sink)
        }
        await whatIsCancelledBeforeItBeginsIsNoAttempt(sink)
        await aLargeBatchArrivesWhole(sink)
        await aTestDeliveryIsTaken(sink)
        await sink.close()
        await settingsThatCantBeUsedAreToldAtEveryAttempt()
    }

    private func batch(
        _ name: String,
        attempt: Int = 1,
        padding: Int = 0,
        isTest: Bool = false
    ) -> OutgoingBatch {
        let framing = provider.framing(for: .rebrandly, key: Self.key)
        let events = [
            "{\"of\":\"\(name)\"}", "{\"of\":\"é\(String(repeating: "x", count: padding))\"}",
        ]
        let body =
            framing.prefix + Array(events[0].utf8) + framing.separator + Array(events[1].utf8)
            + framing.suffix
        let first = 1 + 2 * Int64(Self.names.firstIndex(of: name) ?? Self.names.count)
        return OutgoingBatch(
            id: "msg_\(name)",
            attempt: attempt,
            sequences: isTest ? nil : first...first + 1,
            isTest: isTest,
            firstTime: Timestamp(microseconds: 1_700_000_000_000_000),
            contentType: framing.contentType,
            body: body
        )
    }

    private func everyMissingSettingIsNamed() async {
        let problems = await provider.problems(with: [:])
        let required = provider.fields.filter(\.isRequired).map(\.name)
        #expect(Set(problems.map(\.property)) == Set(required))
        #expect(problems.allSatisfy { $0.code == "RequiredField" && !$0.message.isEmpty })
        #expect(provider.fields.allSatisfy { !$0.summary.isEmpty })
    }

    private func whatIsAcceptedArrivesByteForByte(_ sink: any Sink) async {
        for name in ["first", "second", "third"] {
            let sent = batch(name)
            guard case .delivered(let answer) = await sink.deliver(sent) else {
                Issue.record("\(name) was not delivered")
                return
            }
            #expect(answer.text.utf8.count <= DeliveryAnswer.longestText)
            #expect(await destination.accepted.last == sent.body)
        }
        #expect(await destination.accepted.count == 3)
    }

    private func aFailureIsToldAndTheSameBatchGoesThroughLater(
        _ sink: any Sink,
        _ conduct: DestinationConduct
    ) async {
        let before = await destination.accepted.count
        await destination.prepare([conduct])
        guard case .failed(let failure) = await sink.deliver(batch("\(conduct)")) else {
            Issue.record("\(conduct): the failure was not told")
            return
        }
        #expect(!failure.message.isEmpty)
        // What a stream's owner reads must not give away what only the destination may know.
        let settings = provider.fields.filter(\.isSecret).compactMap {
            destination.settings[$0.name]
        }
        for secret in settings + [Self.key] {
            #expect(!failure.message.contains(secret))
        }
        #expect(await destination.accepted.count == before)
        let again = batch("\(conduct)", attempt: 2)
        guard case .delivered = await sink.deliver(again) else {
            Issue.record("\(conduct): the sink did not recover")
            return
        }
        #expect(await destination.accepted.last == again.body)
    }

    private func aDestinationThatHangsIsGivenUp(_ sink: any Sink) async {
        await destination.prepare([.hang])
        guard case .failed(let failure) = await sink.deliver(batch("hangs")) else {
            Issue.record("a destination that hangs was waited for")
            return
        }
        #expect(failure.status == nil)
        guard case .delivered = await sink.deliver(batch("hangs", attempt: 2)) else {
            Issue.record("the sink did not recover from a destination that hung")
            return
        }
    }

    private func aCancelledDeliveryEndsAtOnce(_ sink: any Sink) async {
        await destination.prepare([.hang])
        let delivery = Task { await sink.deliver(batch("cancelled")) }
        try? await Task.sleep(for: .milliseconds(50))
        delivery.cancel()
        #expect(await delivery.value == .abandoned)
        guard case .delivered = await sink.deliver(batch("cancelled")) else {
            Issue.record("the sink did not recover from a cancelled delivery")
            return
        }
    }

    private func whatIsCancelledBeforeItBeginsIsNoAttempt(_ sink: any Sink) async {
        let before = await destination.accepted.count
        let early = Task {
            while !Task.isCancelled { await Task.yield() }
            return await sink.deliver(batch("early"))
        }
        early.cancel()
        #expect(await early.value == .abandoned)
        #expect(await destination.accepted.count == before)
    }

    private func aTestDeliveryIsTaken(_ sink: any Sink) async {
        guard case .delivered = await sink.deliver(batch("test", isTest: true)) else {
            Issue.record("the set-up's test delivery was not taken")
            return
        }
    }

    private func settingsThatCantBeUsedAreToldAtEveryAttempt() async {
        var settings = destination.settings
        settings["a setting of no kind"] = "1"
        #expect(await provider.problems(with: settings).count == 1)
        let destination = Destination(kind: provider.kind, settings: settings)
        let sink = provider.makeSink(for: .fixture(destination: destination))
        guard case .failed(let failure) = await sink.deliver(batch("unusable")) else {
            Issue.record("settings that can't be used were used")
            return
        }
        #expect(!failure.message.isEmpty)
        await sink.close()
    }

    private func aLargeBatchArrivesWhole(_ sink: any Sink) async {
        let large = batch("large", padding: 4 << 20)
        guard case .delivered = await sink.deliver(large) else {
            Issue.record("a batch of 4 MiB was not delivered")
            return
        }
        #expect(await destination.accepted.last == large.body)
    }
}
