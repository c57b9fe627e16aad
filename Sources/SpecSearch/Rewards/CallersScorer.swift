/// A caller's own scorer, kept off the compute thread: it may take its time without holding up other searches.
struct CallersScorer: ThoughtScorer {
    let scorer: any ThoughtScorer

    var identity: String { scorer.identity }

    @concurrent func begin(question: String) async throws -> any ScoringSession {
        CallersSession(session: try await scorer.begin(question: question))
    }
}

private struct CallersSession: ScoringSession {
    let session: any ScoringSession

    @concurrent func scores(for thoughts: [Thought.ID], in tree: ThoughtTree) async throws -> [Float] {
        try await session.scores(for: thoughts, in: tree)
    }

    @concurrent func forget(_ thoughts: [Thought.ID], in tree: ThoughtTree) async {
        await session.forget(thoughts, in: tree)
    }

    @concurrent func costs() async -> ScoringCosts { await session.costs() }
    @concurrent func end() async { await session.end() }
}
