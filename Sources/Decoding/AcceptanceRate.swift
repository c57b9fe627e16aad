/// How often proposals have been accepted lately.
///
/// The mean of what was judged, in which older judgements count less, drawn towards what is expected while there are few.
/// Without proposals it forgets, too, so that speculation that did not pay is tried again some day.
struct AcceptanceRate {
    /// What is expected before anything is known.
    static let usual = 0.7
    /// The weight of what is expected, in judgements.
    private static let expectation = 4.0
    /// What is left of the judgements after a step without proposals.
    private static let idleRetention = 0.999

    private var accepted = 0.0
    private var judged = 0.0
    private let retention: Double

    /// - Parameter judgements: about how many of the latest judgements count.
    init(over judgements: Double) { retention = 1 - 1 / judgements }

    /// The probability that the next proposal is accepted.
    ///
    /// - Parameter expected: what to assume without judgements.
    func value(expected: Double = AcceptanceRate.usual) -> Double {
        let expectation = AcceptanceRate.expectation
        return (accepted + expectation * expected) / (judged + expectation)
    }

    /// Notes that of `proposed` tokens in a row the first `accepted` were, and that the next one was not.
    mutating func note(accepted: Int, of proposed: Int) {
        guard proposed > 0 else { return decay(AcceptanceRate.idleRetention) }
        for place in 0..<min(accepted + 1, proposed) {
            decay(retention)
            judged += 1
            if place < accepted { self.accepted += 1 }
        }
    }

    private mutating func decay(_ factor: Double) {
        accepted *= factor
        judged *= factor
    }
}

/// A rate for each drafter, and one for alternatives to the draft model's first proposal.
struct AcceptanceRates {
    private var model: AcceptanceRate
    private var ngrams: AcceptanceRate
    /// How often an alternative is taken if all before it are refused.
    private(set) var alternatives: AcceptanceRate

    /// - Parameter judgements: about how many of the latest judgements count.
    init(over judgements: Double) {
        model = AcceptanceRate(over: judgements)
        ngrams = AcceptanceRate(over: judgements)
        alternatives = AcceptanceRate(over: judgements)
    }

    subscript(drafter: Drafter) -> AcceptanceRate { drafter == .model ? model : ngrams }

    /// Notes how proposals of one drafter were judged, or that there were none.
    ///
    /// - Parameter wanted: how many there should have been. Those behind the end of a text gain as little as refused ones.
    mutating func note(
        _ proposals: [GrowingText.Proposal], _ others: [GrowingText.Proposal], _ verdict: GrowingText.Verdict,
        wanted: Int
    ) {
        let (drafter, accepted) = (proposals.first?.drafter, verdict.accepted)
        if accepted == 0, !others.isEmpty {
            // Those before the one that was taken were refused.
            for place in 0...min(verdict.alternative ?? .max, others.count - 1) {
                alternatives.note(accepted: place == verdict.alternative ? 1 : 0, of: 1)
            }
        }
        let count = proposals.isEmpty ? 0 : max(wanted, proposals.count)
        if drafter != .ngrams { model.note(accepted: accepted, of: count) }
        if drafter != .model { ngrams.note(accepted: accepted, of: count) }
    }
}
