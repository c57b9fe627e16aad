/// The events of a search, as a sequence that computes the next ones when they are asked for.
///
/// Dropping the iterator ends the search and gives its memory back.
public struct SearchEvents: AsyncSequence, Sendable {
    /// What it gives: the events of a search.
    public typealias Element = SearchEvent
    /// What ends it early.
    public typealias Failure = ReasonerError

    private let makeRun: @Sendable () -> SearchRun

    init(_ makeRun: @escaping @Sendable () -> SearchRun) { self.makeRun = makeRun }

    /// Begins a search of its own.
    public func makeAsyncIterator() -> Iterator { Iterator(run: makeRun()) }

    /// One search on its way.
    public struct Iterator: AsyncIteratorProtocol {
        let run: SearchRun
        private var pending: ArraySlice<SearchEvent> = []

        init(run: SearchRun) { self.run = run }

        /// The next event, or nil when the search has ended.
        ///
        /// - Throws: `ReasonerError`, once: that ends the search and gives its memory back, and from then on this is
        ///   nil.
        public mutating func next() async throws(ReasonerError) -> SearchEvent? {
            while pending.isEmpty {
                guard let events = try await run.advance() else {
                    answer = await run.answer
                    return nil
                }
                pending = events[...]
            }
            return pending.popFirst()
        }

        /// The search as it is now, to be continued later; the events that were not given yet are part of it.
        ///
        /// The weights are read once for it.
        public func saved() async -> SavedSearch { await run.save() }

        /// The answer, once `next()` has given nil.
        public private(set) var answer: Answer?
    }
}
