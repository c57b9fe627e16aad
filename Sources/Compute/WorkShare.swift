internal import Synchronization

/// The items that one member of a team has still to do. It takes them from the front itself; a member that is done with
/// its own takes from the back.
struct WorkShare: ~Copyable {
    /// The first item in the low half, the end in the high half, so that both change at once.
    private let ends = Atomic<UInt64>(0)
    /// Keeps the shares of different threads in different cache lines.
    private let spacing = SIMD64<UInt8>()

    /// A share of nothing.
    init() {}

    /// Begins with new items, while nobody takes any.
    func reset(_ items: Range<Int>) { ends.store(WorkShare.packed(items), ordering: .relaxed) }

    /// Takes a quarter of what is left, at least `grain` items: few pieces, of which the last are small.
    func takeFirst(_ grain: Int) -> Range<Int>? {
        take { $0.lowerBound..<min($0.upperBound, $0.lowerBound + max(1, $0.count / 4 / grain) * grain) }
    }

    /// Takes half of what is left from the end, at least `grain` items.
    func takeLast(_ grain: Int) -> Range<Int>? {
        take { max($0.lowerBound, $0.upperBound - max(1, $0.count / 2 / grain) * grain)..<$0.upperBound }
    }

    /// Takes the piece, at one of the ends, that `choose` picks from what is left; nil if nothing is.
    private func take(_ choose: (Range<Int>) -> Range<Int>) -> Range<Int>? {
        var seen = ends.load(ordering: .relaxed)
        while true {
            let left = Int(seen & 0xFFFF_FFFF)..<Int(seen >> 32)
            guard !left.isEmpty else { return nil }
            let piece = choose(left)
            let rest =
                piece.lowerBound == left.lowerBound
                ? piece.upperBound..<left.upperBound : left.lowerBound..<piece.lowerBound
            let result = ends.compareExchange(expected: seen, desired: WorkShare.packed(rest), ordering: .relaxed)
            if result.exchanged { return piece }
            seen = result.original
        }
    }

    private static func packed(_ items: Range<Int>) -> UInt64 {
        UInt64(items.lowerBound) | UInt64(items.upperBound) << 32
    }
}
