/// Text into tokens and back: byte-pair encoding as Qwen2, Qwen2.5, Qwen3 and Llama 3 (byte-level), and Llama 2 and
/// Mistral (SentencePiece) publish it.
///
/// Follows the `tokenizers` library, version 0.23.3, id for id. Texts and tokens are compared by bytes throughout.
///
/// ```swift
/// let tokenizer = try Tokenizer(contentsOf: "Qwen3-0.6B")
/// let tokens = tokenizer.encode("How many roads?")
/// print(tokenizer.decode(tokens))
/// ```
public struct Tokenizer: Sendable {
    let vocabulary: Vocabulary
    let model: BytePairs
    let normalizer: Normalizer
    let preTokenizer: PreTokenizer
    let decoder: TextDecoder
    let postProcessor: PostProcessor
    /// Added tokens that are looked for in the text as given.
    let addedTokens: AddedTokenMatcher
    /// Added tokens that are looked for in the normalised text between those.
    let normalizedAddedTokens: AddedTokenMatcher
    let configuration: TokenizerConfiguration

    /// The largest id and one: ids run from 0 without gaps.
    ///
    /// A model may have more rows than this; the rows beyond stand for no text.
    public var vocabularySize: Int { vocabulary.count }

    /// The token that starts a text, as tokenizer_config.json names it; nil if it names none.
    public var beginOfText: Int32? { configuration.beginOfText }

    /// The token that ends a text or a turn, as tokenizer_config.json names it; nil if it names none.
    public var endOfText: Int32? { configuration.endOfText }

    /// The bytes a token stands for: maybe a part of a character, and for an added token its text. No bytes for an id
    /// that is not in use.
    ///
    /// (The `tokenizers` library reads an added token as spelled in the byte alphabet if it can be, so that "é" becomes
    /// a broken byte; here it stays its text. No published Qwen or Llama file has such a token.)
    ///
    /// - Complexity: O(1).
    public func bytes(of token: Int32) -> ArraySlice<UInt8> { vocabulary.bytes(of: token) }

    /// Whether the file marks the token as special: a control token, not text.
    public func isSpecial(_ token: Int32) -> Bool { vocabulary.isSpecial(token) }

    /// The token with exactly this spelling, byte for byte, or nil. The spelling is the vocabulary's own: a space is
    /// "Ġ", a newline "Ċ".
    public func token(for text: String) -> Int32? { vocabulary.token(spelled: text) }

    /// The vocabulary's own spelling of a token, or nil for an id that is not in use.
    public func text(of token: Int32) -> String? { vocabulary.spelling(of: token) }

    /// The first id whose spelling is not the same here and in another tokenizer, or nil if both map the same strings
    /// to the same ids. A draft model must share the mapping with its target.
    ///
    /// - Complexity: O(n) in the bytes of both vocabularies.
    public func firstDifference(from other: Tokenizer) -> VocabularyDifference? {
        for token in 0..<Int32(max(vocabularySize, other.vocabularySize)) {
            let (text, otherText) = (text(of: token), other.text(of: token))
            guard let text, let otherText, text.utf8.elementsEqual(otherText.utf8) else {
                return VocabularyDifference(token: token, text: text, otherText: otherText)
            }
        }
        return nil
    }
}
