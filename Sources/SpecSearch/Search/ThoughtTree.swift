internal import Decoding

/// All thoughts of a search, with the question as their root.
public struct ThoughtTree: Sendable, Hashable {
    /// The thoughts, each at the index that is its `id`; a parent comes before its children.
    public private(set) var thoughts: [Thought] = []
    private var roots: [Thought.ID] = []
    private var children: [[Thought.ID]] = []

    /// What became of something written.
    enum Admission {
        /// A thought of this number.
        case new(Thought.ID)
        /// One more for the thought that says the same.
        case duplicate(of: Thought.ID)
        /// Nothing: there was no text but white space.
        case blank
    }

    /// A tree without thoughts.
    public init() {}

    /// How many thoughts there are.
    public var count: Int { thoughts.count }

    /// The thought of this number, which must be one of the tree's.
    public internal(set) subscript(id: Thought.ID) -> Thought {
        get { thoughts[id] }
        set { thoughts[id] = newValue }
    }

    /// The thoughts that continue a thought, in the order of creation; with nil, those that follow the question.
    public func children(of id: Thought.ID?) -> [Thought.ID] { id.map { children[$0] } ?? roots }

    /// The thoughts from the question to a thought, itself included; with nil, none.
    ///
    /// - Complexity: O(depth).
    public func path(of id: Thought.ID?) -> [Thought.ID] {
        var path: [Thought.ID] = []
        var next = id
        while let current = next {
            path.append(current)
            next = thoughts[current].parent
        }
        return path.reversed()
    }

    /// The reasoning from the question to a thought, itself included, in one text; with nil, an empty one.
    public func text(of id: Thought.ID?) -> String { path(of: id).map { thoughts[$0].text }.joined() }

    /// Adds what was written as a new open thought, unless the same text stands there already.
    ///
    /// Texts are compared by their bytes. A rejected draft counts as absent, since the target's own thought must compete
    /// whatever was decided about the draft's; its score is taken over, because a score is a function of the text.
    mutating func admit(
        _ written: WrittenThought, under parent: Thought.ID?, slot: Int, origin: Writer, isFinal: Bool
    ) -> Admission {
        if written.text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { return .blank }
        let twins = children(of: parent).filter {
            thoughts[$0].text.utf8.elementsEqual(written.text.utf8)
        }
        if let twin = twins.first(where: { thoughts[$0].isFinal == isFinal && thoughts[$0].state != .rejected }) {
            thoughts[twin].duplicates += 1
            return .duplicate(of: twin)
        }
        let thought = Thought(
            id: count, parent: parent, depth: parent.map { thoughts[$0].depth + 1 } ?? 1,
            slot: slot, origin: origin, text: written.text, tokens: written.tokens, end: written.end,
            meanLogProbability: written.meanLogProbability, selfCertainty: written.selfCertainty, isFinal: isFinal,
            score: twins.compactMap { thoughts[$0].score }.first)
        append(thought)
        return .new(thought.id)
    }

    private mutating func append(_ thought: Thought) {
        thoughts.append(thought)
        children.append([])
        if let parent = thought.parent { children[parent].append(thought.id) } else { roots.append(thought.id) }
    }
}
