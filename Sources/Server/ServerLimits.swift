/// How much one client, and all together, may ask for.
public struct ServerLimits: Sendable, Hashable {
    /// The most bytes of a request.
    public var bodyBytes = 1 << 20
    /// How long a request may take to arrive.
    public var arrival = Duration.seconds(20)
    /// How long answers that are on their way when the server is told to end may still take.
    public var farewell = Duration.seconds(10)
    /// Connections at a time.
    public var connections = 512
    /// Completions that are written at a time; the others wait.
    public var completions = 64
    /// Searches that run at a time.
    public var searches = 4
    /// Requests of either kind that may wait; the next one is refused.
    public var waiting = 256
    /// Texts that one request may ask for.
    public var choices = 64
    /// The most tokens of one text.
    public var tokens = 4096
    /// Tokens that one request may hold at once: prompts, and all texts at their longest.
    public var heldTokens = 65_536
    /// Tokens that the models may write in one search; it then answers with the best path so far.
    public var searchTokens = 200_000

    /// What a machine for one team bears.
    public init() {}
}
