/// The end of a row's most probable tokens: all larger logits are in, and equal ones up to a token.
///
/// Every filter keeps a prefix of the order by falling logit and rising token, so a cut says all that they decide.
struct LogitCut: Equatable {
    /// Keeps every token.
    static let none = LogitCut(logit: -.infinity, token: .max)

    /// The least logit that is in.
    let logit: Float
    /// The last token that is in with this logit.
    let token: Int

    /// Whether a token is in.
    func keeps(_ logit: Float, _ token: Int) -> Bool {
        logit > self.logit || (logit == self.logit && token <= self.token)
    }

    /// Of two cuts the one that keeps less.
    func stricter(_ other: LogitCut) -> LogitCut {
        if logit != other.logit { return logit > other.logit ? self : other }
        return token < other.token ? self : other
    }
}
