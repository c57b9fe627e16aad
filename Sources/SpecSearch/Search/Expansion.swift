internal import Decoding

/// Continues some paths by N thoughts each, all of them in common batches: Algorithm 1 of SpecSearch (ICML 2025) for all
/// beams of a level at once.
///
/// Where the policy drafts thoughts and a threshold is known, there are two batches: what the draft model writes, and what
/// the target writes for the slots that stay empty. Otherwise the target writes everything.
struct Expansion: Sendable {
    /// Who writes the batch in progress.
    enum Batch: Hashable {
        /// The target, all of the thoughts.
        case own
        /// The draft model.
        case drafts
        /// Nobody: the target is asked about drafts.
        case checks
        /// The target, for the slots that no draft filled.
        case corrections
    }

    /// The depth of its thoughts, from 1 on.
    let depth: Int
    /// What it continues.
    let paths: [Path]
    /// How many thoughts of each pool go on; empty where that does not matter.
    let places: [Int]
    /// The batch in progress.
    private(set) var batch = Batch.own
    /// The thoughts that compete: the target's and the accepted drafts, V_p ∪ V_accepted.
    private(set) var candidates: [Thought.ID] = []
    /// The drafts that do not.
    private(set) var rejected: [Thought.ID] = []
    /// What the target wrote, each thought as often as it did.
    private var targets: [Thought.ID] = []
    /// For each pool what is known of whether corrections change anything.
    private var outlooks: [Outlook] = []
    private var isLearned = false
    /// The paths that continue each thought, by the first slots of what is written there.
    private let pathsByParent: [Thought.ID?: [Int]]

    /// A path to continue.
    struct Path: Hashable {
        /// Its last thought, or nil for the question.
        let parent: Thought.ID?
        /// The first slot of what is written here; others may continue the same path.
        var firstSlot = 0
        /// The pool in which its thoughts compete.
        var pool = 0
    }

    init(depth: Int, paths: [Path], places: [Int] = []) {
        self.depth = depth
        self.paths = paths
        self.places = places
        pathsByParent = Dictionary(grouping: paths.indices) { paths[$0].parent }
    }

    /// The thoughts that compete in a pool.
    func candidates(in pool: Int, of tree: ThoughtTree) -> [Thought] {
        candidates.map { tree[$0] }.filter { self.pool(of: $0) == pool }
    }

    /// Thoughts by the path that they continue: one list for each path.
    private func byPath(_ thoughts: [Thought]) -> [[Thought]] {
        let groups = Dictionary(grouping: thoughts, by: path)
        return paths.indices.map { groups[$0, default: []] }
    }

    /// The path that a thought continues: of several behind the same thought the one that it was written for.
    private func path(of thought: Thought) -> Int? {
        pathsByParent[thought.parent]?.last { paths[$0].firstSlot <= thought.slot }
    }

    private func pool(of thought: Thought) -> Int? { path(of: thought).map { paths[$0].pool } }

    /// The first batch.
    mutating func begin(_ record: SearchRecord) -> [WriteRequest] {
        let parameters = record.parameters
        let isTargets = depth == 1 && !parameters.draftsFirstLevel
        guard record.policy.draftsThoughts, !isTargets, let threshold = record.memory.thresholds[depth] else {
            batch = .own
            return requests(.target, paths.map { _ in parameters.width }, parameters)
        }
        batch = .drafts
        let counts = paths.map { path in
            // Where nothing can reach the threshold, nothing is drafted.
            let value = path.parent.flatMap { record.tree[$0].value }
            let isHopeless = value.flatMap { parameters.aggregation.bound(after: $0) }.map { Double($0) < threshold }
            return isHopeless ?? false ? 0 : parameters.drafts
        }
        let drafts = requests(.draft, counts, parameters)
        if !drafts.isEmpty { return drafts }
        batch = .corrections
        return requests(.target, paths.map { _ in parameters.width }, parameters)
    }

    /// What the draft model writes if every path may be drafted.
    func drafts(_ parameters: SearchParameters) -> [WriteRequest] {
        requests(.draft, paths.map { _ in parameters.drafts }, parameters)
    }

    /// Goes on when a batch is judged.
    ///
    /// - Parameter written: the thoughts that stand for what was written, in the order of the requests.
    /// - Returns: what to do next; nil if there is nothing.
    mutating func next(after written: [Thought.ID], _ record: inout SearchRecord) -> Step? {
        var step: Step?
        switch batch {
        case .own, .corrections:
            targets = written
            var seen = Set(candidates)
            candidates += written.filter { seen.insert($0).inserted }
        case .drafts:
            judgeDrafts(Set(written).sorted(), &record)
            step = check(&record) ?? correct(&record)
        case .checks: step = check(&record) ?? correct(&record)
        }
        if step == nil { learn(&record) }
        return step
    }

    /// Decides which drafts compete.
    private mutating func judgeDrafts(_ drafts: [Thought.ID], _ record: inout SearchRecord) {
        let thoughts = drafts.map { record.tree[$0] }
        let parameters = record.parameters
        let threshold = record.memory.thresholds.threshold(for: thoughts, depth: depth)
        let draws = record.random.stream(branch: .root, position: depth, purpose: .rejection)
        let isShare = parameters.thresholdRule == .share
        let acceptance = Acceptance(
            drafts: byPath(thoughts),
            most: isShare ? Int((parameters.thresholdLevel * Double(parameters.width)).rounded()) : parameters.width
        ) { thought in
            parameters.thresholdRule == .random
                ? draws.uniform(thought.id) < parameters.thresholdLevel : Double(thought.value ?? 0) >= threshold
        }
        (candidates, rejected) = (acceptance.accepted, acceptance.rejected)
        record.counters.thoughtsAccepted += candidates.count
        let accepted = Set(candidates)
        for id in drafts {
            if accepted.contains(id) { record.events.append(.accepted(id)) } else { record.decide(id, .rejected) }
        }
    }

    /// Refuses what the target would not have written, and asks it about the best drafts that it does not know yet; nil if it
    /// knows those that go on.
    private mutating func check(_ record: inout SearchRecord) -> Step? {
        guard record.policy == .selective, record.parameters.plausibility > 0 else { return nil }
        batch = .checks
        let isRefused = { [tree = record.tree, parameters = record.parameters] (id: Thought.ID) in
            tree[id].check.map { $0.plausibility < parameters.plausibility } ?? false
        }
        let refused = candidates.filter(isRefused)
        candidates.removeAll(where: isRefused)
        rejected += refused
        record.counters.thoughtsAccepted -= refused.count
        record.counters.thoughtsRefused += refused.count
        for id in refused { record.decide(id, .rejected) }
        let unknown = places.indices.flatMap { pool in
            candidates(in: pool, of: record.tree).sorted(by: Thought.isBetter).prefix(places[pool])
                .filter { $0.check == nil }
        }
        return unknown.isEmpty ? nil : .check(unknown.map(\.id).sorted())
    }

    /// Asks the target for what is missing, nil if nothing is.
    private mutating func correct(_ record: inout SearchRecord) -> Step? {
        batch = .corrections
        let accepted = byPath(candidates.map { record.tree[$0] })
        var missing = accepted.map { record.parameters.width - $0.count }
        if record.policy == .selective { skip(&missing, &record) }
        let requests = requests(.target, missing, record.parameters)
        guard requests.isEmpty else { return .write(requests) }
        record.counters.levelsWithoutCorrection += 1
        return nil
    }

    /// Takes back corrections that would hardly change which thoughts go on.
    private mutating func skip(_ missing: inout [Int], _ record: inout SearchRecord) {
        let accepted = byPath(candidates.map { record.tree[$0] })
        for (pool, places) in places.enumerated() {
            let members = paths.indices.filter { paths[$0].pool == pool }
            let slots = members.map { index in
                let known = accepted[index].compactMap { $0.check?.probability }
                return Outlook.Slots(missing: missing[index], known: min(1, known.reduce(0, +)))
            }
            let threshold = Float(record.memory.thresholds[depth] ?? 0)
            var outlook = Outlook(
                candidates: members.flatMap { accepted[$0] }, places: places, threshold: threshold, slots: slots,
                { [scores = record.memory.scores, depth] in scores.share(atMost: $0, depth: depth) }, record.parameters)
            if outlook.isSkippable, members.contains(where: { missing[$0] > 0 }) {
                let draw = record.random.stream(branch: .root, position: depth, purpose: .audit).uniform(pool)
                outlook.isAudited = draw < record.parameters.auditRate
                if outlook.isAudited {
                    record.counters.levelsAudited += 1
                } else {
                    for index in members { missing[index] = 0 }
                }
            }
            outlooks.append(outlook)
        }
    }

    /// Takes what the level says about scores into the memory; once.
    mutating func learn(_ record: inout SearchRecord) {
        guard !isLearned, !candidates.isEmpty || !targets.isEmpty else { return }
        isLearned = true
        let values = { [tree = record.tree] (ids: [Thought.ID]) in ids.compactMap { tree[$0].value } }
        guard record.policy.draftsThoughts else { return }
        record.memory.thresholds.update(depth: depth, targets: values(targets), candidates: values(candidates))
        // Of corrections, F is about those that say something new.
        for id in outlooks.isEmpty ? [] : targets {
            let thought = record.tree[id]
            guard thought.origin == .target, let value = thought.value, let pool = pool(of: thought) else { continue }
            let weight = outlooks[pool].isAudited ? 1 / record.parameters.auditRate : 1
            record.memory.scores.add(value, depth: depth, weight: weight)
        }
        for (pool, outlook) in outlooks.enumerated() where outlook.isAudited {
            let news = targets.map { record.tree[$0] }.filter { $0.origin == .target && self.pool(of: $0) == pool }
            let best = news.compactMap(\.value).max()
            if outlook.isBeaten(by: best) { record.counters.auditsHit += 1 }
        }
    }

    /// Requests for so many thoughts under each path, path by path.
    private func requests(_ origin: Writer, _ counts: [Int], _ parameters: SearchParameters) -> [WriteRequest] {
        zip(paths, counts).flatMap { path, count in
            (0..<count).map { slot in
                WriteRequest(
                    parent: path.parent, slot: path.firstSlot + slot, origin: origin,
                    maxTokens: parameters.thoughtTokens)
            }
        }
    }
}
