internal import Transformer

extension CacheTree {
    /// Adds paths that were saved, and gives their ends, in the order in which they were saved, each held once, and the note.
    ///
    /// What the tree has of them already is shared. Keys and values for which there is no memory are computed again on need.
    /// The file is believed as weights are: whoever can write it decides what the models take for known.
    /// - Parameters:
    ///   - path: the file.
    ///   - origin: what computes here; one fingerprint for each model of the tree.
    ///   - limits: what the models can read.
    ///   - verifiesChecksum: whether every byte is read to see that none has changed.
    /// - Throws: `CacheFileError` for every file that does not hold together or has another origin; then nothing is added.
    public func restore(
        from path: String, origin: CacheOrigin, limits: CacheLimits, verifiesChecksum: Bool = true
    ) throws(CacheFileError) -> (nodes: [NodeID], note: String) {
        let file = try CacheFile(
            contentsOf: path, layouts: pools.map(\.layout), origin: origin, limits: limits,
            verifiesChecksum: verifiesChecksum)
        return (restore(file), file.note)
    }

    /// Adds the paths of a file.
    func restore(_ file: CacheFile) -> [NodeID] {
        var found: [NodeID] = []
        for (number, node) in file.nodes.enumerated() {
            let index = add(file.tokens[node.tokens], behind: node.parent.map { found[$0] } ?? root)
            found.append(id(of: index))
            hold(found[number])
            for model in pools.indices {
                adopt(number, of: file, as: index, model: model)
                // What was taken over does not give way to what comes next.
                pin(found[number], model: model)
            }
        }
        for model in pools.indices { unpin(model: model) }
        let held = file.held.map { $0.map { found[$0] } ?? root }
        for node in held { hold(node) }
        for node in found { release(node) }
        return held
    }

    /// The node that ends with some tokens behind another; others are split for it if need be.
    private func add(_ tokens: ArraySlice<Int32>, behind parent: NodeID) -> Int {
        let parent = index(of: parent)
        let known = longestPrefix(of: tokens, behind: parent)
        let last = end(of: known.node, at: known.depth)
        let rest = tokens.dropFirst(known.depth - nodes[parent].end)
        guard !rest.isEmpty else { return last }
        let child = fork(id(of: last))
        append(Array(rest), to: child)
        nodes[child.index].holds -= 1
        return child.index
    }

    /// Takes over what a model has computed of a path up to the end of a file's node, as far as that is not known and there
    /// is memory.
    private func adopt(_ number: Int, of file: CacheFile, as index: Int, model: Int) {
        let (own, known) = (file.computed[model][number], computedDepth(of: id(of: index), model: model))
        let end = file.nodes[number].start + own
        guard own > 0, end > known else { return }
        let isCopied = pageToCopy(for: firstUncomputed(on: index, model: model), model: model) != nil
        let pages = NodePages.blocks(from: 0, to: end) - NodePages.blocks(from: 0, to: known) + (isCopied ? 1 : 0)
        makeRoom(pages, model: model, keeping: lastComputed(on: index, model: model))
        guard (try? pools[model].require(pages)) != nil else { return }
        extendPath(to: index, model: model, from: known, to: end)
        copy(known..<end, of: number, file, to: self.pages(of: id(of: index), model: model), model: model)
    }

    /// Copies the slots of some depths of a path from a file.
    private func copy(_ depths: Range<Int>, of number: Int, _ file: CacheFile, to pages: [Int32], model: Int) {
        let memory = pools[model].memory
        var next: Int? = number
        while let number = next, file.nodes[number].end > depths.lowerBound {
            let node = file.nodes[number]
            let own = depths.clamped(to: node.start..<node.start + file.computed[model][number])
            for block in own.lowerBound / PageLayout.tokens..<NodePages.blocks(from: 0, to: own.upperBound) {
                let first = block * PageLayout.tokens
                let slots = own.clamped(to: first..<first + PageLayout.tokens)
                memory.layout.copy(
                    slots.lowerBound - first..<slots.upperBound - first,
                    of: file.page(of: number, block: block, model: model), to: memory.page(Int(pages[block])))
            }
            next = node.parent
        }
    }
}
