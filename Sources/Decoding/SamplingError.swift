/// Why no token can be sampled.
public enum SamplingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A parameter lies outside its range.
    case parameterOutOfRange(name: String, found: Double, allowed: String)
    /// A logit is not a number.
    case notANumber(token: Int)
    /// A logit is +infinity, so that the probabilities have no meaning.
    case infinite(token: Int)
    /// Every logit is −infinity: no token is allowed.
    case nothingAllowed(vocabularySize: Int)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .parameterOutOfRange(let name, let found, let allowed):
            "sampling parameter \(name) is \(found), but must be \(allowed); choose a value in this range"
        case .notANumber(let token):
            "the logit of token \(token) is not a number, but must be one; the weights are probably damaged or "
                + "overflowed in their precision: compare them with their source by `convert --check`"
        case .infinite(let token):
            "the logit of token \(token) is infinite, but must be below infinity; the weights are probably damaged or "
                + "overflowed in their precision: compare them with their source by `convert --check`"
        case .nothingAllowed(let vocabularySize):
            "all \(vocabularySize) logits are −infinity, but one token must be allowed; loosen what forbids tokens"
        }
    }
}
