/// A number of bytes that all pages of one or several trees together may take.
///
/// One counter over every model, so that a target that needs room and a draft that leaves some meet in the middle.
/// It counts whole pages in use. Like the trees that share it, it is used from one thread at a time: `@unchecked Sendable`
/// lets actors that run on the same thread share one.
public final class CacheBudget: @unchecked Sendable {
    /// The limit in bytes.
    public let bytes: Int
    /// Bytes of all pages in use now.
    public private(set) var used = 0
    /// The most bytes that were ever in use at once.
    public private(set) var peak = 0

    /// - Parameter bytes: the limit, not negative.
    public init(bytes: Int) {
        precondition(bytes >= 0, "a budget is not negative")
        self.bytes = bytes
    }

    /// Bytes that are still free.
    public var free: Int { bytes - used }

    /// Counts `count` bytes, which must be free, as used.
    func take(_ count: Int) {
        precondition(count <= free, "take only what is free")
        used += count
        peak = max(peak, used)
    }

    /// Counts `count` used bytes as free again.
    func giveBack(_ count: Int) {
        precondition(count <= used, "give back only what was taken")
        used -= count
    }
}
