/// The events of a search, as a sequence that computes the next ones when they are asked for.
///
/// Dropping the iterator ends the search and gives its memory back.
public struct SearchEvents: AsyncSequence, Sendable {
    /// What it gives: the events of a search.
    public typealias Element = SearchEvent
    /// What ends it early.
    public typealias Failure = ReasonerError

    private let question: String
    private let models: ReasonerModels
    private let options: SearchOptions

    init(_ question: String, _ models: ReasonerModels, _ options: SearchOptions) {
        self.question = question
        self.models = models
        self.options = options
    }

    /// Begins a search of its own.
    public func makeAsyncIterator() -> Iterator { Iterator(run: SearchRun(question, models, options)) }

    /// One search on its way.
    public struct Iterator: AsyncIteratorProtocol {
        let run: SearchRun
        private var pending: ArraySlice<SearchEvent> = []

        init(run: SearchRun) { self.run = run }

        /// The next event, or nil when the search has ended.
        public mutating func next() async throws(ReasonerError) -> SearchEvent? {
            while pending.isEmpty {
                guard let events = try await run.advance() else { return nil }
                pending = events[...]
            }
            return pending.popFirst()
        }

        /// The answer, once `next()` has given nil.
        public var answer: Answer? { run.answer }
    }
}
