/// Which model writes a text. Part of a branch's identity, so that a correction shares no noise with the draft that it
/// replaces.
public enum Writer: String, Sendable, Hashable {
    /// The small model, G_q of the paper.
    case draft
    /// The large model, G_p of the paper, with or without speculation on tokens.
    case target
}
