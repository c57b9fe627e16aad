/// Random numbers that depend on what they are for, never on when they are drawn.
///
/// A draw is a function of (seed, branch, position, purpose, index), by Philox4x32-10. So the same seed gives the same
/// text whatever else runs in a batch, whoever drafted, and in which order branches advance.
///
/// The seed is the key. The counter's words are: the index of the draw, halved, since a block holds two
/// draws; the position in 24 bits above the purpose in 8; and two words of the branch key. Draws that differ in seed,
/// position, purpose or index therefore never share a counter and key; branches do with the probability that
/// `BranchKey` names.
public struct RandomSource: Sendable, Hashable {
    /// What a draw decides. Purposes never share a draw.
    public enum Purpose: UInt32, Sendable, Hashable, CaseIterable {
        /// Which token is chosen: the noise shared by draft and target.
        case choice
        /// Whether a proposal is accepted, under ratio acceptance.
        case acceptance
        /// Which token replaces a refused proposal, under ratio acceptance.
        case residual
        /// Whether something that could be skipped is done all the same, to measure what skipping costs.
        case audit
        /// Whether a draft is rejected by lot.
        case rejection
    }

    /// One more than the largest position that a stream may have.
    public static let positions = 1 << 24

    private let seed: UInt64

    /// - Parameter seed: any number; different seeds give independent draws.
    public init(seed: UInt64) { self.seed = seed }

    /// The draws for one purpose at one place.
    ///
    /// - Parameters:
    ///   - branch: the branch that the token is appended to.
    ///   - position: the depth of the token that is decided about, in 0 ..< `positions`.
    ///   - purpose: what the draws decide.
    public func stream(branch: BranchKey, position: Int, purpose: Purpose) -> RandomStream {
        precondition((0..<RandomSource.positions).contains(position), "a position is a depth in 0 ..< 2^24")
        let place = UInt32(position) << 8 | purpose.rawValue
        return RandomStream(seed: seed, branch: branch.bits, place: place)
    }
}
