/// The b best paths of a search: SpecSearch (ICML 2025), Algorithm 2.
///
/// A path that is finished keeps its place for good, as in OpenR: the paths that go on become fewer.
struct Beam: Hashable {
    /// b, the number of places.
    let size: Int
    /// The last thoughts of the paths that go on, best first; nil is the question.
    private(set) var live: [Thought.ID?] = [nil]
    /// The last thoughts of the finished paths, in the order in which they finished.
    private(set) var finished: [Thought.ID] = []

    init(size: Int) { self.size = size }

    /// How many places are left to paths that go on.
    var places: Int { size - finished.count }

    /// Gives the places that are left to the best of a level, instead of the paths that led there.
    ///
    /// - Returns: the thoughts that got one, best first.
    mutating func select(from candidates: [Thought]) -> [Thought] {
        let best = Array(candidates.sorted(by: Thought.isBetter).prefix(places))
        live = best.filter { !$0.isFinal }.map(\.id)
        finished += best.filter(\.isFinal).map(\.id)
        return best
    }

    /// The best finished path by its value, else the best one that goes on, else none.
    func best(in tree: ThoughtTree) -> Thought? {
        (finished.isEmpty ? live.compactMap { $0 } : finished).map { tree[$0] }.min(by: Thought.isBetter)
    }
}
