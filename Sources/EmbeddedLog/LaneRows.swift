import ClickModel
import Foundation

/// What streams in lanes keep in their rows, as JSON.
enum LaneRows {
    static func text(_ numbers: [Int64]) throws -> String? {
        numbers.isEmpty ? nil : try json(numbers)
    }

    static func numbers(_ text: String?) -> [Int64] { read([Int64].self, text) ?? [] }

    static func text(_ round: LaneRound?) throws -> String? { try round.map { try json(Row($0)) } }

    /// The round; nil when there is none.
    ///
    /// - Throws: `LogError.io` when it can't be read: without it events would be counted twice.
    static func round(_ text: String?) throws -> LaneRound? {
        guard let text else { return nil }
        guard let round = read(Row.self, text)?.round else {
            throw LogError.io("a stream's round can't be read: \(text.prefix(200))")
        }
        return round
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
        text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }
}

/// A round in its row; moments are microseconds since 1970.
private struct Row: Codable {
    struct Batch: Codable {
        let id: String
        let end: Int64
        let count: Int64
        let time: Int64
        let key: Int
        let attempts: Int
        let refusals: Int
    }

    struct Share: Codable {
        let lane: Int
        let start: Int64
        let next: Int64
        let end: Int64
        let batch: Batch?
    }

    let first: Int64
    let end: Int64
    let lanes: Int
    let format: String
    let filter: EventFilter?
    let filtered: Int64
    let shares: [Share]
    let accepted: Bool

    init(_ round: LaneRound) {
        first = round.covers.lowerBound.value
        end = round.covers.upperBound.value
        lanes = round.lanes
        format = round.format.rawValue
        filter = round.filter.isOpen ? nil : round.filter
        filtered = round.filtered
        accepted = round.isPartlyAccepted
        shares = round.shares.map { share in
            Share(
                lane: share.lane,
                start: share.start.value,
                next: share.next,
                end: share.end,
                batch: share.batch.map {
                    Batch(
                        id: $0.id,
                        end: $0.covers.upperBound.value,
                        count: $0.count,
                        time: $0.firstTime.microseconds,
                        key: $0.keyVersion,
                        attempts: $0.attempts,
                        refusals: $0.refusals
                    )
                }
            )
        }
    }

    var round: LaneRound? {
        guard first <= end, Lane.counts.contains(lanes), let format = EventFormat(rawValue: format)
        else { return nil }
        var shares: [LaneRound.Share] = []
        for share in self.shares {
            guard (0..<lanes).contains(share.lane), share.start >= first, share.next > 0,
                share.next <= share.end
            else { return nil }
            shares.append(
                LaneRound.Share(
                    lane: share.lane,
                    start: Offset(share.start),
                    next: share.next,
                    end: share.end,
                    batch: batch(of: share, format)
                )
            )
        }
        var round = LaneRound(
            covers: Offset(first)..<Offset(end),
            lanes: lanes,
            format: format,
            filter: filter ?? EventFilter(),
            filtered: filtered,
            shares: shares
        )
        round.isPartlyAccepted = accepted
        return round
    }

    private func batch(of share: Share, _ format: EventFormat) -> InFlightBatch? {
        guard let batch = share.batch, share.start <= batch.end, batch.count > 0,
            batch.count <= share.end - share.next
        else { return nil }
        return InFlightBatch(
            id: batch.id,
            covers: Offset(share.start)..<Offset(batch.end),
            firstSequence: share.next,
            count: batch.count,
            firstTime: Timestamp(microseconds: batch.time),
            format: format,
            filter: filter ?? EventFilter(),
            keyVersion: batch.key,
            attempts: batch.attempts,
            refusals: batch.refusals
        )
    }
}
