import JSON

/// What tokenizer_config.json adds to tokenizer.json.
///
/// The chat template in that file is no part of it.
struct TokenizerConfiguration: Sendable {
    /// The token that starts a text, if the model has one.
    let beginOfText: Int32?
    /// The token that ends a text or a turn, if the model has one.
    let endOfText: Int32?

    /// Without a file there is nothing to know.
    init() {
        beginOfText = nil
        endOfText = nil
    }

    /// Reads the file and checks that it belongs to the vocabulary.
    ///
    /// - Throws: `unknownToken` if it names tokens that the vocabulary does not have, or has under other ids.
    init(parsing value: JSONValue, vocabulary: Vocabulary) throws(TokenizerError) {
        for member in value["added_tokens_decoder"]?.object?.members ?? [] {
            guard let text = member.value["content"]?.string else { continue }
            guard let token = Int32(member.name), vocabulary.token(spelled: text) == token else {
                throw .unknownToken(field: "tokenizer_config.json: added_tokens_decoder[\(member.name)]", text: text)
            }
        }
        beginOfText = try TokenizerConfiguration.token("bos_token", of: value, vocabulary: vocabulary)
        endOfText = try TokenizerConfiguration.token("eos_token", of: value, vocabulary: vocabulary)
    }

    /// A token is written as its text or as an object with the text as `content`.
    private static func token(
        _ name: String, of value: JSONValue, vocabulary: Vocabulary
    ) throws(TokenizerError) -> Int32? {
        guard let text = value[name]?.string ?? value[name]?["content"]?.string else { return nil }
        guard let token = vocabulary.token(spelled: text) else {
            throw .unknownToken(field: "tokenizer_config.json: \(name)", text: text)
        }
        return token
    }
}
