public import Transformer

/// Making rows for forward passes.
extension CacheTree {
    /// Adds to `batch` all rows that a node's path still needs of a model, and those whose outputs are wanted.
    ///
    /// Ancestors come first, and rows of a batch may attend to each other, so a branch and its prompt can be planned
    /// together; ancestors that two branches share are planned once. The tokens count as computed from now on: the pass
    /// must run, and before it nothing may be released or truncated. The path is pinned until `unpin(model:)`, which has
    /// to follow the pass.
    ///
    /// An output that is wanted of a token computed earlier repeats its row, which writes the same bits to the same
    /// slot; if the batch repeats the row already, its output is shared. If the batch has the row, but without an
    /// output, the path is left for the next pass. A branch that has to copy a page which the batch is about to write
    /// repeats those rows, at most 15, on its copy.
    ///
    /// - Parameters:
    ///   - node: the end of the path.
    ///   - model: the model to compute with.
    ///   - outputs: how many of the path's last tokens want an output; they are computed in one pass together.
    ///   - limit: the most rows to add. A longer path is cut: what fits is planned, and the rest by the next calls.
    ///     A path never completes if `limit` is always less than `outputs`.
    ///   - mayEvict: whether keys and values that are not pinned give way if memory is short.
    ///   - batch: the rows of this model's next pass.
    /// - Returns: where the outputs will be, and whether the path will be complete.
    /// - Throws: `CacheError.outOfMemory` if the pages do not suffice; then nothing is planned.
    /// - Complexity: O(depth / 16 + rows); O(rows of the batch) more if a page is copied or a row repeated, O(nodes) if
    ///   anything is evicted.
    public func plan(
        _ node: NodeID, model: Int, outputs: Int, limit: Int, mayEvict: Bool = true, into batch: inout ForwardBatch
    ) throws(CacheError) -> PlannedRows {
        let index = index(of: node)
        precondition((0...nodes[index].end).contains(outputs), "outputs of tokens on the path")
        precondition(limit >= 0, "the limit is not negative")
        var plan = survey(index, model: model, outputs: outputs, batch: batch)
        guard plan.cut(to: limit) else { return PlannedRows(outputs: [], isComplete: false, recomputed: 0) }
        if mayEvict { makeRoom(plan.pages, model: model, keeping: lastComputed(on: index, model: model)) }
        try pools[model].require(plan.pages)
        pin(node, model: model)
        let recomputed = tokensRecomputed
        extendPath(to: index, model: model, from: plan.computed, to: plan.end)
        return emit(plan, recomputed: tokensRecomputed - recomputed, into: &batch)
    }

    /// Gives the nodes of a path the pages for the depths from `computed`, where it is computed now, up to `end`, and counts
    /// these as computed. The pool must have the pages.
    func extendPath(to index: Int, model: Int, from computed: Int, to end: Int) {
        for member in pathMembers(to: index, from: computed) where nodes[member].start < end {
            extend(member, model: model, to: min(nodes[member].end, end) - nodes[member].start)
        }
        peakBytes = max(peakBytes, pools.reduce(0) { $0 + $1.bytesInUse })
    }

    /// Finds out what has to be done, without a limit and without doing it.
    private func survey(_ index: Int, model: Int, outputs: Int, batch: ForwardBatch) -> RowPlan {
        let end = nodes[index].end
        let computed = computedDepth(of: id(of: index), model: model)
        let copied = computed < end ? pageToCopy(for: firstUncomputed(on: index, model: model), model: model) : nil
        let block = computed / PageLayout.tokens
        let restored = copied.map { page in
            batch.rows(writing: page, block: block).map(\.position).filter { $0 < computed }.sorted()
        }
        var plan = RowPlan(
            node: index, model: model, computed: computed, end: end, firstOutput: end - outputs, copied: copied,
            restored: restored ?? [], repeated: restored ?? [], outputs: Array(repeating: nil, count: outputs))
        repeatOutputs(of: &plan, batch: batch)
        return plan
    }

    /// Decides for each wanted output of a computed token whether its row is repeated or is in the batch already.
    private func repeatOutputs(of plan: inout RowPlan, batch: ForwardBatch) {
        guard plan.firstOutput < plan.computed else { return }
        let pages = pages(
            of: plan.node, model: plan.model, blocks: NodePages.blocks(from: 0, to: plan.computed))
        var repeated = Set(plan.restored)
        for block in plan.firstOutput / PageLayout.tokens..<pages.count {
            // Nothing in the batch writes a page that does not exist yet.
            let isFresh = plan.copied == pages[block]
            let present = isFresh ? [] : batch.rows(writing: pages[block], block: block)
            let depths = block * PageLayout.tokens..<(block + 1) * PageLayout.tokens
            for depth in depths.clamped(to: plan.firstOutput..<plan.computed) {
                guard let row = present.first(where: { $0.position == depth }) else {
                    repeated.insert(depth)
                    continue
                }
                plan.outputs[depth - plan.firstOutput] = row.output
                if row.output == nil { plan.isBlocked = true }
            }
        }
        plan.repeated = repeated.sorted()
    }

    /// Adds the path and the rows of a plan whose pages are there.
    private func emit(_ plan: RowPlan, recomputed: Int, into batch: inout ForwardBatch) -> PlannedRows {
        var outputs = plan.outputs
        let depths = plan.repeated + Array(plan.computed..<plan.end)
        if let last = depths.last {
            let blocks = NodePages.blocks(from: 0, to: last + 1)
            let path = batch.addPath(pages(of: plan.node, model: plan.model, blocks: blocks))
            for (depth, token) in zip(depths, tokens(at: depths, on: plan.node)) {
                let row = ForwardBatch.Row(
                    token: token, position: Int32(depth), path: path,
                    wantsOutput: plan.isComplete && depth >= plan.firstOutput)
                if let output = batch.addRow(row) { outputs[depth - plan.firstOutput] = output }
            }
        }
        return PlannedRows(
            outputs: outputs.compactMap { $0 }, isComplete: plan.isComplete, recomputed: recomputed)
    }

    /// The tokens at ascending depths of a path.
    private func tokens(at depths: [Int], on index: Int) -> [Int32] {
        guard let first = depths.first else { return [] }
        let members = pathMembers(to: index, from: first)
        var member = 0
        return depths.map { depth in
            while depth >= nodes[members[member]].end { member += 1 }
            return nodes[members[member]].tokens[depth - nodes[members[member]].start]
        }
    }

    /// The nodes of a path from the one that contains `depth` downwards; none if the path ends there.
    private func pathMembers(to index: Int, from depth: Int) -> [Int] {
        var members: [Int] = []
        var index = index
        while nodes[index].end > depth {
            members.append(index)
            index = nodes[index].parent
        }
        return members.reversed()
    }

    /// The first node of a path with tokens that the model has not computed; there must be one.
    func firstUncomputed(on index: Int, model: Int) -> Int {
        pathMembers(to: index, from: computedDepth(of: id(of: index), model: model))[0]
    }
}
