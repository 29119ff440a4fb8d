import ClickModel

/// Stands for a destination whose stored settings no longer pass the checks: every attempt says why.
struct UnusableSink: Sink {
    private let reason: String

    init(_ problems: SettingProblems) {
        reason = problems.list.map(\.message).joined(separator: "; ")
    }

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        .failed(DeliveryFailure(message: reason))
    }

    func close() async {}
}
