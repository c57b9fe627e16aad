internal import CacheTree

extension Scheduler {
    /// Continues one branch some tokens at a time, so that text can be shown while it grows.
    ///
    /// Every choice is a function of its position, so the cuts change nothing; only under `TokenAcceptance.ratio` they do,
    /// which depends on what is proposed.
    /// - Parameters:
    ///   - request: what to continue, without a separator.
    ///   - count: the most tokens of a piece, at least 1.
    ///   - show: gets each piece, with what it took, and says whether to go on; the piece's node is not the caller's.
    /// - Returns: the whole text; its node is held for the caller.
    /// - Throws: `DecodingError`; then nothing is held for the caller.
    public func generate(
        _ request: GenerationRequest, piecesOf count: Int, isolation: isolated (any Actor)? = #isolation,
        show: (_ piece: Generated, _ counters: DecodingCounters) -> Bool
    ) async throws(DecodingError) -> Generated {
        precondition(request.stop.separator.isEmpty, "a separator may lie across two pieces")
        var (rest, tokens, logProbabilities, certainties) = (request, [Int32](), [Float](), [Float]())
        var mostProbable: [[Sampler.Choice]] = []
        if rest.textStart == nil { rest.textStart = await depth(of: request.start) }
        while true {
            rest.stop.maxTokens = min(count, request.stop.maxTokens - tokens.count)
            let earlier = tokens.isEmpty ? [] : [rest.start]
            let result: Result<GenerationResult, DecodingError>
            do { result = .success(try await generate([rest])) } catch { result = .failure(error) }
            await release(earlier)
            let (piece, counters) = (try result.get().generated[0], try result.get().counters)
            let goesOn = show(piece, counters)
            tokens += piece.tokens
            logProbabilities += piece.logProbabilities
            certainties += piece.certainties
            mostProbable += piece.mostProbable
            rest.start = piece.node
            guard goesOn, piece.end == .length, !piece.tokens.isEmpty, tokens.count < request.stop.maxTokens else {
                return Generated(
                    node: piece.node, tokens: tokens, logProbabilities: logProbabilities, certainties: certainties,
                    mostProbable: mostProbable, end: piece.end)
            }
        }
    }

    private func depth(of node: NodeID) -> Int { tree.depth(of: node) }
}
