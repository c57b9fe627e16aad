/// The verdict on the drafts of a level: SpecSearch (ICML 2025), Algorithm 1, steps 3 and 4, and appendix H.2.
struct Acceptance: Hashable {
    /// The drafts with V ≥ β, at most N for each parent, best first; in the order of creation.
    let accepted: [Thought.ID]
    /// The others, in the order of creation.
    let rejected: [Thought.ID]
    /// M for each parent: how many of its N slots no draft fills.
    let missing: [Int]

    /// Judges drafts that have their scores.
    ///
    /// - Parameters:
    ///   - drafts: the distinct drafts of the level; of equal scores, the lower slot is the better.
    ///   - parents: the beams that were drafted for.
    ///   - width: N.
    init(drafts: [Thought], parents: [Thought.ID?], threshold: Threshold, width: Int) {
        let good = Dictionary(grouping: drafts.filter { $0.reaches(threshold) }, by: \.parent)
        let chosen = parents.map { parent in good[parent, default: []].sorted(by: Thought.isBetter).prefix(width) }
        let isAccepted = Set(chosen.joined().map(\.id))
        accepted = drafts.map(\.id).filter(isAccepted.contains)
        rejected = drafts.map(\.id).filter { !isAccepted.contains($0) }
        missing = chosen.map { width - $0.count }
    }
}

extension Thought {
    /// The order of every choice among thoughts: higher scores first, of equal ones the thought that came first.
    ///
    /// Ids rise with slots, so that under one parent ties go to the lower slot.
    static func isBetter(_ left: Thought, _ right: Thought) -> Bool {
        (right.score ?? 0, left.id) < (left.score ?? 0, right.id)
    }

    fileprivate func reaches(_ threshold: Threshold) -> Bool { score.map(threshold.accepts) ?? false }
}
