internal import Files
package import JSON

extension Tokenizer {
    /// Loads a tokenizer from a folder with a tokenizer.json, and a tokenizer_config.json if there is one; from a folder
    /// with vocab.json, merges.txt and tokenizer_config.json instead (Qwen); or from a tokenizer.json alone.
    ///
    /// Batch settings of the file, `truncation` and `padding`, are not part of a tokenizer and are not used.
    ///
    /// - Throws: `TokenizerError`: whatever is not known to give the same ids as the `tokenizers` library is refused.
    /// - Complexity: O(n) in the size of the file; 0.4 s for the 11 MB of Qwen3.
    public init(contentsOf path: String) throws(TokenizerError) {
        guard PathKind(of: path) == .folder else {
            try self.init(file: Tokenizer.json(at: path))
            return
        }
        let file = path + "/tokenizer.json"
        let configurationFile = path + "/tokenizer_config.json"
        let configuration =
            PathKind(of: configurationFile) == .nothing ? nil : try Tokenizer.json(at: configurationFile)
        if PathKind(of: file) != .nothing || PathKind(of: path + "/vocab.json") == .nothing {
            if PathKind(of: file) == .nothing, PathKind(of: path + "/tokenizer.model") != .nothing {
                throw .unsupported(
                    field: "the folder \(path)", found: "tokenizer.model", supported: "tokenizer.json or vocab.json")
            }
            try self.init(file: Tokenizer.json(at: file), configuration: configuration)
        } else {
            let joined = try VocabularyFiles.joined(
                vocabulary: Tokenizer.json(at: path + "/vocab.json"),
                merges: Tokenizer.bytes(at: path + "/merges.txt"), configuration: configuration)
            try self.init(file: joined, configuration: configuration)
        }
    }

    /// Builds a tokenizer from parsed files.
    package init(file: JSONValue, configuration: JSONValue? = nil) throws(TokenizerError) {
        guard let model = file["model"], let entries = model["vocab"]?.object else {
            throw .malformed(
                field: "model.vocab", found: file["model"]?["vocab"]?.kind ?? "absent", expected: "an object")
        }
        try BytePairs.check(model)
        let spelling: TokenSpelling =
            try model.flag("byte_fallback", of: "model") == true ? .sentencePiece : .byteAlphabet
        normalizer = try Normalizer(parsing: file["normalizer"], spelling: spelling)
        preTokenizer = try PreTokenizer(parsing: file["pre_tokenizer"], spelling: spelling)
        decoder = try TextDecoder(parsing: file["decoder"], spelling: spelling)
        let added = try AddedToken.list(parsing: file["added_tokens"])
        try Tokenizer.checkNormalForm(of: added, normalizer: normalizer)
        vocabulary = try Vocabulary(entries: entries, added: added, spelling: spelling)
        self.model = try BytePairs(parsing: model, vocabulary: vocabulary)
        postProcessor = try PostProcessor(parsing: file["post_processor"], vocabulary: vocabulary)
        addedTokens = AddedTokenMatcher(added.filter { !$0.isNormalized })
        normalizedAddedTokens = AddedTokenMatcher(added.filter(\.isNormalized))
        if let configuration {
            self.configuration = try TokenizerConfiguration(parsing: configuration, vocabulary: vocabulary)
        } else {
            self.configuration = TokenizerConfiguration()
        }
    }

    /// A token that is looked for in normalised text could never be found, or would come back as another text, if it
    /// were not normalised itself.
    private static func checkNormalForm(of added: [AddedToken], normalizer: Normalizer) throws(TokenizerError) {
        for token in added where token.isNormalized {
            var text = token.text
            var isNormal = false
            text.withUTF8 { bytes in
                normalizer.withNormalized(bytes, .first) { isNormal = $0.elementsEqual(bytes) }
            }
            guard isNormal else {
                throw .invalidAddedToken(
                    text: token.text, reason: "is looked for in normalised text, but not normalised")
            }
        }
    }

    /// The largest file that is read, in bytes: several times the largest vocabulary there is.
    private static var largestFile: Int { 256 << 20 }

    private static func bytes(at path: String) throws(TokenizerError) -> [UInt8] {
        do {
            return try InputFile(path: path, followsLinks: true).readAll(limit: largestFile)
        } catch {
            throw .unreadable(path: path, error)
        }
    }

    private static func json(at path: String) throws(TokenizerError) -> JSONValue {
        let bytes = try bytes(at: path)
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .invalidJSON(path: path, error)
        }
    }
}
