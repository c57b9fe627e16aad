import Compute

/// Independent standard exponential variables, one per token, of which most need never be computed.
///
/// Tokens are taken in groups of 64. A group's minimum is drawn first: it is exponential with rate 64 and falls on each
/// of the 64 tokens with equal probability. By memorylessness the other tokens exceed it by standard exponentials of
/// their own. That is the joint distribution of 64 independent exponentials, built from the winner down
/// (as Maddison, Tarlow and Minka, "A* sampling", 2014, do for Gumbel variables), and it lets a race dismiss a group
/// with one draw. The minus logarithms of these variables are the Gumbel noise of the Gumbel-max trick.
///
/// A token's value depends on the stream and its id alone, not on the size of the vocabulary: groups are always whole.
struct TokenNoise {
    /// Tokens in a group.
    static let groupSize = 64
    /// The draws of groups follow those of all possible tokens.
    private static let firstGroupBlock = 1 << 31

    /// What one draw says about a group.
    struct Group {
        /// A uniform number whose minus logarithm is 64 times the group's smallest value.
        private let uniform: Double
        /// The token that has the smallest value.
        let leader: Int

        init(bits: UInt64, number: Int) {
            uniform = RandomStream.uniform(from: bits)
            // The lowest bits are none of those that make the uniform number.
            leader = number * TokenNoise.groupSize + Int(truncatingIfNeeded: bits & 63)
        }

        /// The group's smallest value.
        var minimum: Double { -Elementary.log(uniform) * (1 / Double(TokenNoise.groupSize)) }
        /// A bound that `minimum` never falls below, without a logarithm: −ln u ≥ 1 − u.
        var floor: Double { (1 - uniform) * (1 / Double(TokenNoise.groupSize)) }
    }

    private let stream: RandomStream

    init(_ stream: RandomStream) { self.stream = stream }

    /// The groups 2i and 2i + 1, which one block of random bits decides.
    func groups(pair: Int) -> (even: Group, odd: Group) {
        let block = stream.block(TokenNoise.firstGroupBlock + pair)
        return (Group(bits: block.lower, number: 2 * pair), Group(bits: block.upper, number: 2 * pair + 1))
    }

    /// A uniform number for each token; its minus logarithm is how far a token exceeds its group's minimum, unless it
    /// is the leader.
    func uniform(_ token: Int) -> Double { stream.uniform(token) }

    /// The value of any token.
    func value(of token: Int) -> Double {
        let number = token / TokenNoise.groupSize
        let pair = groups(pair: number / 2)
        let group = number & 1 == 0 ? pair.even : pair.odd
        return token == group.leader ? group.minimum : group.minimum - Elementary.log(uniform(token))
    }
}
