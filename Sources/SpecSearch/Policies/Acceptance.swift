/// The verdict on drafts: SpecSearch (ICML 2025), Algorithm 1, steps 3 and 4, and appendix H.2.
struct Acceptance: Hashable {
    /// The drafts with V ≥ β, the best N of each path; in the order of creation.
    let accepted: [Thought.ID]
    /// The others, in the order of creation.
    let rejected: [Thought.ID]

    /// Judges drafts that have their scores.
    ///
    /// - Parameters:
    ///   - drafts: for each path the distinct drafts that continue it; of equal scores, the lower slot is the better.
    ///   - most: how many of a path are accepted at most: N.
    ///   - isGood: whether a draft may be: V ≥ β.
    init(drafts: [[Thought]], most: Int, isGood: (Thought) -> Bool) {
        let chosen = drafts.map { $0.filter(isGood).sorted(by: Thought.isBetter).prefix(most) }
        accepted = chosen.joined().map(\.id).sorted()
        rejected = Set(drafts.joined().map(\.id)).subtracting(accepted).sorted()
    }
}

extension Thought {
    /// The order of every choice among thoughts: higher values first, of equal ones the thought that came first.
    ///
    /// Ids rise with slots, so that under one parent ties go to the lower slot.
    static func isBetter(_ left: Thought, _ right: Thought) -> Bool {
        (right.value ?? 0, left.id) < (left.value ?? 0, right.id)
    }
}
