/// How a search decides what to continue.
public enum SearchStrategy: String, Sendable, Hashable, CaseIterable {
    /// The b best thoughts of every level: `BeamSearch`.
    case beam
}
