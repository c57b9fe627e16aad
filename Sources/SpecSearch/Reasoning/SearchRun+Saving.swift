internal import CacheTree
internal import Decoding
internal import Tokenization

/// Searches that are saved, and go on.
extension SearchRun {
    /// What tells what judges thoughts from others.
    private var scorerIdentity: String {
        options.scoring == .reward ? models.scorer?.identity ?? "none" : options.scoring.rawValue
    }

    /// The search as it is now, to be continued later.
    func save() async -> SavedSearch {
        var saved = SavedSearch(
            question: question, options: options, origin: await models.scheduler.origin,
            scorer: scorerIdentity)
        (saved.told, saved.costs, saved.duration) = (told, costs, duration)
        return saved
    }

    /// Goes on with what was saved, if anything was.
    func restore(behind prompt: [Int32]) async throws(ReasonerError) -> [SearchEvent] {
        guard let saved else { return [] }
        self.saved = nil
        let origin = await models.scheduler.origin
        guard saved.origin == origin else {
            throw .saved(.otherOrigin("models, kernels or modes", found: "\(saved.origin)", expected: "\(origin)"))
        }
        guard scorerIdentity == saved.scorer else {
            throw .saved(.otherOrigin("reward models", found: saved.scorer, expected: scorerIdentity))
        }
        let (search, events): (Search, [SearchEvent])
        do { (search, events) = try saved.restored(models.format) } catch { throw .saved(error) }
        self.search = search
        (told, costs, duration) = (saved.told, saved.costs, duration + saved.duration)
        for id in search.held where search.tree[id].state != .rejected && !options.strategy.writesSolutions {
            places[id] = try await place(of: id, in: search.tree, behind: prompt)
        }
        return events
    }

    /// The end of a thought's path, with what stands on it.
    private func place(
        of id: Thought.ID, in tree: ThoughtTree, behind prompt: [Int32]
    ) async throws(ReasonerError) -> Place {
        var (tokens, branch) = (prompt, BranchKey.root)
        var text = TextStream(models.prompts.tokenizer, skipsSpecialTokens: true, continuesText: true)
        for thought in tree.path(of: id).map({ tree[$0] }) {
            tokens += thought.tokens
            branch = branch.child(slot: thought.slot, origin: thought.origin)
            for token in thought.tokens { _ = text.append(token) }
        }
        do {
            return Place(node: try await models.scheduler.open(tokens), branch: branch, text: text)
        } catch { throw .generation(error) }
    }
}
