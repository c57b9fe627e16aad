public import CacheTree

/// What the target thinks of texts that stand in the tree, whoever wrote them.
extension Scheduler {
    /// A run of tokens at the end of a path.
    public struct Passage: Sendable, Hashable {
        /// The end of the path; whoever asks holds it.
        public let end: NodeID
        /// How many of its last tokens are read: at least one, and fewer than the path has.
        public let tokens: Int
        /// How they might have been drawn.
        public let sampling: SamplingParameters
        /// The depth at which the text begins that presence and frequency penalties look at.
        public let textStart: Int

        /// - Parameters: the values of the properties, in their order.
        public init(end: NodeID, tokens: Int, sampling: SamplingParameters, textStart: Int) {
            self.end = end
            self.tokens = tokens
            self.sampling = sampling
            self.textStart = textStart
        }
    }

    /// Reads passages, all of them together, in as few passes as it takes. What was computed of them is kept, as if the target
    /// had written them.
    ///
    /// - Throws: `DecodingError.memory`, `.sampling` for a model that gives no numbers, `.cancelled`.
    public func read(_ passages: [Passage]) async throws(DecodingError) -> ReadingResult {
        let pieces = passages.enumerated().flatMap { number, passage in cut(passage, number) }
        defer { for piece in pieces { tree.release(piece.node) } }
        var counters = DecodingCounters()
        let before = (allocated: tree.statistics.pagesAllocated, evicted: tree.statistics.pagesEvicted)
        let read = try await target.compute(
            pieces.map { ($0.node, $0.tokens.count + 1) }, rowsPerPass: limits.rowsPerPass,
            observe: { rows, recomputed in
                counters.targetRows += rows
                counters.targetPasses += 1
                counters.rowsRecomputed += recomputed
            },
            read: { index, outputs in
                self.reading(of: pieces[index], outputs, for: passages[pieces[index].passage])
            })
        let statistics = tree.statistics
        counters.pagesAllocated = statistics.pagesAllocated - before.allocated
        counters.pagesEvicted = statistics.pagesEvicted - before.evicted
        (counters.kvBytesPeak, counters.kvBytesUnshared) = (statistics.bytesInUse, statistics.unsharedBytes)
        var readings = passages.map { _ in TokenReading() }
        for (piece, result) in zip(pieces, read) {
            let reading: TokenReading
            do { reading = try result.get() } catch { throw .sampling(error) }
            readings[piece.passage].logProbabilities += reading.logProbabilities
            readings[piece.passage].certainties += reading.certainties
            readings[piece.passage].drawProbabilities += reading.drawProbabilities
            readings[piece.passage].plausibilities += reading.plausibilities
        }
        return ReadingResult(readings: readings, counters: counters)
    }

    /// Part of a passage that fits into a pass: its end, held once, and its tokens.
    private struct Piece {
        let passage: Int
        let node: NodeID
        let tokens: [Int32]
    }

    /// The pieces of a passage, from the first on. Each is read from the outputs of the token before it on.
    private func cut(_ passage: Passage, _ number: Int) -> [Piece] {
        let depth = tree.depth(of: passage.end)
        precondition((1..<depth).contains(passage.tokens), "a passage has tokens, and something before it")
        let tokens = tree.tokens(of: passage.end)
        let most = limits.rowsPerPass - 1
        return stride(from: depth - passage.tokens, to: depth, by: most).map { start in
            let end = min(start + most, depth)
            var node = passage.end
            if end < depth { node = tree.fork(node, atDepth: end) } else { tree.hold(node) }
            return Piece(passage: number, node: node, tokens: Array(tokens[start..<end]))
        }
    }

    private func reading(
        of piece: Piece, _ outputs: [UnsafeBufferPointer<Float>], for passage: Passage
    ) -> Result<TokenReading, SamplingError> {
        do throws(SamplingError) {
            var reading = TokenReading()
            var history: TokenHistory?
            if passage.sampling.hasPenalties {
                let path = tree.tokens(of: piece.node).dropLast(piece.tokens.count)
                history = TokenHistory(path: Array(path), textStart: passage.textStart)
            }
            for (token, logits) in zip(piece.tokens, outputs) {
                try samplers[0].read(
                    Int(token), logits: logits, parameters: passage.sampling, history: history, into: &reading)
                history?.append(token)
            }
            return .success(reading)
        } catch { return .failure(error) }
    }
}
