/// How often each token stands on a path, and in the text behind its prompt: what penalties look at.
public struct TokenHistory: Sendable, Hashable {
    /// How often a token occurs.
    private struct Occurrences: Hashable {
        var onPath = 0
        var inText = 0
    }

    private var occurrences: [Int32: Occurrences] = [:]

    /// - Parameters:
    ///   - path: the tokens so far.
    ///   - textStart: how many of them are the prompt.
    public init(path: [Int32], textStart: Int) {
        for (depth, token) in path.enumerated() { count(token, 1, isText: depth >= textStart) }
    }

    /// Adds a token of the text.
    public mutating func append(_ token: Int32) { count(token, 1, isText: true) }

    /// Takes back a token of the text, such as a proposal.
    public mutating func remove(_ token: Int32) { count(token, -1, isText: true) }

    private mutating func count(_ token: Int32, _ change: Int, isText: Bool) {
        occurrences[token, default: Occurrences()].onPath += change
        if isText { occurrences[token, default: Occurrences()].inText += change }
        if occurrences[token] == Occurrences() { occurrences[token] = nil }
    }

    /// Changes the logits of the tokens that occur; −infinity stays.
    func penalize(_ logits: UnsafeMutableBufferPointer<Float>, _ parameters: SamplingParameters) {
        for (token, occurrences) in occurrences where logits.indices.contains(Int(token)) {
            var logit = Double(logits[Int(token)])
            logit = logit < 0 ? logit * parameters.repetitionPenalty : logit / parameters.repetitionPenalty
            logit -= parameters.frequencyPenalty * Double(occurrences.inText)
            if occurrences.inText > 0 { logit -= parameters.presencePenalty }
            logits[Int(token)] = Float(logit)
        }
    }
}
