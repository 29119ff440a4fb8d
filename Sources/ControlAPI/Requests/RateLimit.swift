import HTTPTypes
import Hummingbird
import Synchronization

/// Lets each key ask so many times a second, and a burst of twice as many; more are answered 429.
struct RateLimit: RouterMiddleware {
    private let buckets: Buckets?

    /// - Parameter rate: Requests a second; 0 for no limit.
    init(rate: Int) { buckets = rate > 0 ? Buckets(rate: Double(rate)) : nil }

    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard let buckets, let caller = context.caller else {
            return try await next(request, context)
        }
        if let wait = buckets.take(caller.id, at: .now) {
            throw APIError(
                status: .tooManyRequests,
                code: "TooManyRequests",
                message: "this key may ask \(Int(buckets.rate)) times a second (control.rateLimit)",
                retryAfter: Int(wait.rounded(.up))
            )
        }
        return try await next(request, context)
    }
}

/// Token buckets, one for each key; as many as there are keys in use.
final class Buckets: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: ContinuousClock.Instant
    }

    /// Beyond, buckets that are full again are forgotten.
    private static let mostBuckets = 10_000

    let rate: Double
    private let burst: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    init(rate: Double) { (self.rate, burst) = (rate, rate * 2) }

    /// Takes a token; where there is none, tells how many seconds it takes to come.
    func take(_ key: String, at now: ContinuousClock.Instant) -> Double? {
        buckets.withLock { buckets in
            if buckets.count >= Self.mostBuckets {
                buckets = buckets.filter { level($0.value, now) < burst }
            }
            var bucket = buckets[key] ?? Bucket(tokens: burst, filled: now)
            bucket.tokens = level(bucket, now)
            bucket.filled = now
            let isThere = bucket.tokens >= 1
            if isThere { bucket.tokens -= 1 }
            buckets[key] = bucket
            return isThere ? nil : (1 - bucket.tokens) / rate
        }
    }

    private func level(_ bucket: Bucket, _ now: ContinuousClock.Instant) -> Double {
        min(burst, bucket.tokens + (now - bucket.filled) / .seconds(1) * rate)
    }
}
