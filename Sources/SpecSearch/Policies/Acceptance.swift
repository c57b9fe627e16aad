/// The verdict on drafts: SpecSearch (ICML 2025), Algorithm 1, steps 3 and 4, and appendix H.2.
struct Acceptance: Hashable {
    /// The drafts with V ≥ β, at most N for each path, best first; in the order of creation.
    let accepted: [Thought.ID]
    /// The others, in the order of creation.
    let rejected: [Thought.ID]

    /// Judges drafts that have their scores.
    ///
    /// - Parameters:
    ///   - drafts: for each path the distinct drafts that continue it; of equal scores, the lower slot is the better.
    ///   - threshold: β.
    ///   - width: N.
    init(drafts: [[Thought]], threshold: Double, width: Int) {
        let chosen = drafts.map { drafts in
            drafts.filter { Double($0.value ?? 0) >= threshold }.sorted(by: Thought.isBetter).prefix(width)
        }
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
