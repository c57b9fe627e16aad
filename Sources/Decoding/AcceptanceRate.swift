/// How often proposals have been accepted lately.
///
/// A running mean that forgets: what is judged moves it, and while nothing is judged it goes back to what is usual, so that
/// speculation that did not pay is tried again some day.
struct AcceptanceRate {
    /// What is assumed before anything is known.
    static let usual = 0.7
    /// After so many steps without a proposal, the distance from what is usual has shrunk to a third.
    private static let memory = 1000.0

    /// The probability that the next proposal is accepted.
    private(set) var value = AcceptanceRate.usual
    /// The weight of one more observation.
    private let weight: Double

    /// - Parameter weight: the weight of the latest observation, 0 to 1.
    init(weight: Double) { self.weight = weight }

    /// A rate of its own for a branch, that begins where the rate of all branches is.
    init(weight: Double, from rate: AcceptanceRate) {
        self.weight = weight
        value = rate.value
    }

    /// Notes that of `proposed` tokens in a row the first `accepted` were, and that the next one was not.
    mutating func note(accepted: Int, of proposed: Int) {
        for _ in 0..<accepted { value += weight * (1 - value) }
        if accepted < proposed { value -= weight * value }
        if proposed == 0 { value += (AcceptanceRate.usual - value) / AcceptanceRate.memory }
    }
}
