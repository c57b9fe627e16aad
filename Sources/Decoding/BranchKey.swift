/// The identity of a branch for random numbers: its path of creation slots with their origins, mixed into 64 bits.
///
/// A slot is fixed when a branch is created, before duplicates are merged or anything is pruned, so that a branch draws
/// the same noise whatever happens to its siblings. The origin is part of it: a correction must not reuse the noise of
/// the draft that it replaces, or the rejection would bias it. Children of one branch never share a key, and children
/// of one slot and origin share a key only if their parents do; otherwise two of n branches collide with a
/// probability of about n² / 2^65, which is below one in a billion for 100,000 branches.
public struct BranchKey: Sendable, Hashable {
    /// The branch that every other one descends from: the prompt.
    public static let root = BranchKey(bits: 0)

    /// The mixed path.
    let bits: UInt64

    /// The key of a branch that begins at the end of this one.
    ///
    /// - Parameters:
    ///   - slot: the child's number among all children ever created here with this origin, from 0 on.
    ///   - origin: the model that writes the child.
    public func child(slot: Int, origin: Writer) -> BranchKey {
        precondition(slot >= 0, "a creation slot is a count from 0 on")
        // Both steps are bijections, the first of the parent and the second of the slot with its origin.
        let parent = BranchKey.mix(bits &+ 0x9E37_79B9_7F4A_7C15)
        return BranchKey(bits: BranchKey.mix(parent ^ (UInt64(slot) << 1 | (origin == .target ? 1 : 0))))
    }

    /// A bijection of 64 bits in which every input bit changes half of the output bits: the finaliser of SplitMix64
    /// (Steele, Lea and Flood, 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
