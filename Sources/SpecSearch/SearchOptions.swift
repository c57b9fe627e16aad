public import Decoding

/// What a caller may choose for one search.
public struct SearchOptions: Sendable, Hashable {
    /// At which temperature thoughts are sampled if neither the bundle nor the target's makers say otherwise.
    public static let usualTemperature = 0.8

    /// Who writes thoughts, and what is promised about them.
    public var policy: SpeculationPolicy
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

    /// - Parameters: the values of the properties, in their order.
    public init(
        policy: SpeculationPolicy = .paper, parameters: SearchParameters = .standard,
        sampling: SamplingParameters, draftLength: Int? = nil,
        drafters: Set<Drafter> = [.model]
    ) {
        self.policy = policy
        self.parameters = parameters
        self.sampling = sampling
        self.draftLength = draftLength
        self.drafters = drafters
    }
}
