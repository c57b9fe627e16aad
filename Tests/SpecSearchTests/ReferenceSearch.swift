import SpecSearch

/// Algorithms 1 and 2 of SpecSearch (ICML 2025) a second time, as plain loops over texts, with faults to be caught.
struct ReferenceSearch {
    /// What can be wrong.
    enum Fault: CaseIterable {
        /// Drafts are accepted when they are below the threshold.
        case acceptsBelow
        /// β stays what it was after the first level.
        case staleThreshold
        /// The draft model writes the corrections.
        case draftCorrects
        /// What the drafts leave empty stays empty.
        case skipsCorrections
    }

    /// One child of a level that competes.
    struct Child: Hashable {
        let text: String
        let origin: Writer
        let score: Float
        let isFinal: Bool
    }

    /// One level: β while it was judged, and its children by beam.
    struct Level: Hashable {
        var threshold: Double?
        var beams: [[Child]] = []
        var children: [Child] { beams.flatMap { $0 } }
    }

    let models: any ToyModels
    let parameters: SearchParameters
    let policy: SpeculationPolicy
    var fault: Fault?

    /// All levels, and the text of the best path.
    func run() -> (levels: [Level], text: String) {
        var levels: [Level] = []
        var live = [""]
        var finished: [Child] = []
        var best = ""
        var threshold: Double?
        while levels.count < parameters.depth, !live.isEmpty, finished.count < parameters.beams {
            var level = Level(threshold: threshold)
            // In the order of creation: all drafts before all corrections. The order decides ties.
            let drafts = live.map { policy == .paper && threshold != nil ? accepted($0, threshold ?? 0) : [] }
            let corrections = zip(live, drafts).map { corrected($0, beside: $1, isFirst: threshold == nil) }
            level.beams = zip(drafts, corrections).map { $0 + $1 }
            let pool = stableSorted(drafts.flatMap { $0 } + corrections.flatMap { $0 })
            guard let top = pool.first else { break }
            if let old = threshold {
                let theta = parameters.theta
                threshold = fault == .staleThreshold ? old : theta * old + (1 - theta) * Double(top.score)
            } else if policy == .paper {
                threshold = parameters.theta * Double(top.score)
            }
            let kept = pool.prefix(parameters.beams - finished.count)
            live = kept.filter { !$0.isFinal }.map(\.text)
            finished += kept.filter(\.isFinal)
            best = stableSorted(finished).first?.text ?? live.first ?? best
            levels.append(level)
        }
        return (levels, best)
    }

    /// The distinct drafts after some reasoning that reach the threshold, at most N.
    private func accepted(_ reasoning: String, _ threshold: Double) -> [Child] {
        let drafts = distinct(written(.draft, 0..<2 * parameters.width, after: reasoning))
        let good = drafts.filter {
            fault == .acceptsBelow ? Double($0.score) < threshold : Double($0.score) >= threshold
        }
        let best = stableSorted(good).prefix(parameters.width)
        return drafts.filter(best.contains)
    }

    private func corrected(_ reasoning: String, beside drafts: [Child], isFirst: Bool) -> [Child] {
        if fault == .skipsCorrections, !isFirst { return [] }
        let missing = parameters.width - drafts.count
        let isWrong = fault == .draftCorrects && !isFirst
        let written = self.written(isWrong ? .draft : .target, (0..<missing), after: reasoning, shift: isWrong)
        return distinct(written, beside: drafts)
    }

    private func written(
        _ origin: Writer, _ slots: Range<Int>, after reasoning: String, shift: Bool = false
    ) -> [Child] {
        slots.compactMap { slot in
            let written = models.write(origin, slot: shift ? slot + 1000 : slot, after: reasoning)
            if written.text.allSatisfy(\.isWhitespace) { return nil }
            let text = reasoning + written.text
            return Child(
                text: text, origin: origin, score: models.score(text),
                isFinal: written.end == .endOfText || text.contains("The answer is 7."))
        }
    }

    private func distinct(_ children: [Child], beside others: [Child] = []) -> [Child] {
        var seen = Set(others.map { "\($0.text)|\($0.isFinal)" })
        return children.filter { seen.insert("\($0.text)|\($0.isFinal)").inserted }
    }

    /// Best first; of equal ones the earlier first.
    private func stableSorted(_ children: [Child]) -> [Child] {
        children.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
    }
}
