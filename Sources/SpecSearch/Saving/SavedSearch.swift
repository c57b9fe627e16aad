internal import CacheTree
internal import Decoding
public import JSON

/// A search on its way, to be continued later: what was asked, and everything that the models said.
///
/// It holds no keys and values: whoever continues it computes again what the live paths need, and goes on to the tree that the
/// search would have come to without the break, to the bit.
public struct SavedSearch: Sendable, Hashable {
    private static let format = "specsearch search 1"

    /// The question as it was asked.
    public let question: String
    /// How the search is made.
    public let options: SearchOptions
    /// What the models compute with: others would go on to another tree.
    let origin: CacheOrigin
    /// The identity of what judges thoughts.
    let scorer: String
    /// What the search was told, in this order.
    var told: [Told] = []
    /// What it has cost so far.
    var costs = Counters()
    /// How long it has taken so far.
    var duration = Duration.zero

    /// How often the models were asked for something so far.
    public var steps: Int { told.count }

    init(question: String, options: SearchOptions, origin: CacheOrigin, scorer: String) {
        self.question = question
        self.options = options
        self.origin = origin
        self.scorer = scorer
    }

    /// The search as it was when it was saved, and what happened in it: to look at it, no model is needed.
    ///
    /// - Parameter format: what marks an answer, as when it was saved.
    /// - Throws: `SavedSearchError.inconsistent` if it was told what it had not asked for.
    public func restored(_ format: PromptFormat) throws(SavedSearchError) -> (search: Search, events: [SearchEvent]) {
        var search: Search
        do { search = try Search(options, format: format) } catch { throw .inconsistent(step: 0, error) }
        var events: [SearchEvent] = []
        for (step, told) in told.enumerated() {
            do { events += try search.tell(told) } catch { throw .inconsistent(step: step + 1, error) }
        }
        return (search, events)
    }

    // MARK: Files

    /// Writes it into a file, in the place of what is there: whole, or not at all.
    ///
    /// - Throws: `SavedSearchError.unwritable`.
    public func write(to path: String) throws(SavedSearchError) {
        try SavedFile.write(json, to: path)
    }

    /// Reads a file.
    ///
    /// - Throws: `SavedSearchError.unreadable`, `.invalidJSON` or `.invalidMember`. Whether the steps fit together is
    ///   known when the search is restored or continued.
    public init(contentsOf path: String) throws(SavedSearchError) {
        try self.init(SavedFile.read(path))
    }

    /// The form in which it is kept: `{"format", "question", "origin": {…}, "scorer", "options": {…}, "told": […], "counters":
    /// {…}, "seconds"}`.
    public var json: JSONValue {
        [
            "format": .string(Self.format), "question": .string(question), "origin": origin.json,
            "scorer": .string(scorer),
            "options": options.json, "told": .array(told.map(\.json)), "counters": costs.json,
            "seconds": .number(duration / .seconds(1)),
        ]
    }

    /// Reads that form.
    ///
    /// - Throws: `SavedSearchError.invalidMember` for a member that is missing, unknown, of a wrong kind, or out of
    ///   range.
    public init(_ json: JSONValue) throws(SavedSearchError) {
        let fields = try JSONFields(
            json, allowed: ["format", "question", "origin", "scorer", "options", "told", "counters", "seconds"],
            failure: SavedSearchError.init)
        let format = try fields.requiredText("format")
        guard format == Self.format else {
            throw .invalidMember("format", found: JSONValue.string(format).excerpt, expected: "\"\(Self.format)\"")
        }
        question = try fields.requiredText("question")
        origin = try fields.required("origin", "kernels, mode and models") { CacheOrigin($0) }
        scorer = try fields.requiredText("scorer")
        options = try SearchOptions(fields)
        told = try fields.required("told", "what the search was told") { value in
            value.array.flatMap { steps in
                let told = steps.compactMap(Told.init)
                return told.count == steps.count ? told : nil
            }
        }
        costs = try fields.required("counters", "counters") { Counters($0) }
        duration = .seconds(try fields.number("seconds", in: 0...1e9, fallback: 0))
    }
}
