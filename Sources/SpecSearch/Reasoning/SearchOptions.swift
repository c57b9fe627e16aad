public import Decoding

/// What a caller may choose for one search.
public struct SearchOptions: Sendable, Hashable {
    /// At which temperature thoughts are sampled if neither the bundle nor the target's makers say otherwise.
    public static let usualTemperature = 0.8

    /// How the search decides what to continue.
    public var strategy: SearchStrategy
    /// Who writes thoughts, and what is promised about them.
    public var policy: SpeculationPolicy
    /// What judges thoughts.
    public var scoring: Scoring
    /// The size of the search.
    public var parameters: SearchParameters
    /// How tokens are chosen, the seed included.
    public var sampling: SamplingParameters
    /// How many tokens are proposed to the target per pass, 0 to `Scheduler.longestDraft`, or nil for as many as pay; 0
    /// turns speculation on tokens off. It never changes what the search finds, only how long that takes. The policy
    /// `plain` takes none.
    public var draftLength: Int?
    /// Who proposes them; that changes nothing either.
    public var drafters: Set<Drafter>
    /// Whether texts are written one after the other, as the paper's baselines do, instead of together. That changes nothing
    /// but the time: it is there to be compared with.
    public var isSerial: Bool
    /// Whether the draft model begins the next level while the target corrects one, behind the drafts that go on unless a
    /// correction is better (Wang et al., 2025, leave it idle). That changes nothing but the time: drafts that nobody asks for
    /// are dropped, and they share the passes that propose tokens. Searches with a budget, and serial ones, never do.
    public var draftsAhead: Bool
    /// What is known of scores from other questions: `Answer.memory`. It makes an answer depend on the questions before.
    public var memory: SearchMemory

    /// - Parameters: the values of the properties, in their order.
    public init(
        strategy: SearchStrategy = .beam, policy: SpeculationPolicy = .paper, scoring: Scoring = .reward,
        parameters: SearchParameters = .init(),
        sampling: SamplingParameters, draftLength: Int? = nil, drafters: Set<Drafter> = [.model],
        isSerial: Bool = false, draftsAhead: Bool = false, memory: SearchMemory = .init()
    ) {
        self.strategy = strategy
        self.policy = policy
        self.scoring = scoring
        self.parameters = parameters
        self.sampling = sampling
        self.draftLength = draftLength
        self.drafters = drafters
        self.isSerial = isSerial
        self.draftsAhead = draftsAhead
        self.memory = memory
    }
}
