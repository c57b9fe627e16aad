internal import Decoding

/// The level that a search is working on.
struct Level: Hashable {
    /// Which thoughts of a level a batch holds.
    enum Batch: Hashable {
        /// All of them, written by the target.
        case own
        /// The draft model's.
        case drafts
        /// What the target writes for the slots that no draft filled.
        case corrections
    }

    /// The depth of its thoughts, from 1 on.
    let depth: Int
    /// What it continues: the live paths, best first, or the question.
    let parents: [Thought.ID?]
    /// The batch in progress.
    var batch: Batch
    /// The new thoughts of the batch in progress.
    var written: [Thought.ID] = []
    /// The thoughts that compete: the target's and the accepted drafts, V_p ∪ V_accepted.
    var candidates: [Thought.ID] = []

    init(depth: Int, parents: [Thought.ID?], batch: Batch) {
        self.depth = depth
        self.parents = parents
        self.batch = batch
    }

    /// Requests for so many thoughts of one model under each parent, parent by parent.
    func requests(origin: Writer, counts: [Int]) -> [WriteRequest] {
        zip(parents, counts).flatMap { parent, count in
            (0..<count).map { WriteRequest(parent: parent, slot: $0, origin: origin) }
        }
    }
}
