extension Tokenizer {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - specialTokens: what becomes of the texts of added tokens. By default they are text, so that nothing a user
    ///     writes turns into a control token.
    ///   - addsPrefix: whether the tokens that the file's template puts around a text, such as Llama 3's
    ///     `<|begin_of_text|>` before it, are added.
    /// - Complexity: O(n log n) in the bytes of the longest piece, linear in the number of pieces.
    public func encode(
        _ text: String, specialTokens: SpecialTokenHandling = .asText, addsPrefix: Bool = true
    ) -> [Int32] {
        var tokens = addsPrefix ? postProcessor.prefix : []
        var copy = text
        copy.withUTF8 { bytes in
            switch specialTokens {
            case .asText: normalizer.withNormalized(bytes, .first) { appendPieces(of: $0, .first, to: &tokens) }
            case .parsed: appendParsed(bytes, to: &tokens)
            }
        }
        if addsPrefix { tokens += postProcessor.suffix }
        return tokens
    }

    /// The tokens of a prompt that was put together from parts.
    ///
    /// Added tokens count as such only where a part may hold them, and never across the border of two parts. What stands
    /// between them is one text, as if nothing had been put together.
    /// - Parameters:
    ///   - parts: the parts, first to last.
    ///   - addsPrefix: whether the tokens that the file's template puts around a text are added; chat templates spell
    ///     them out themselves.
    ///   - continuesText: whether a text stands before the first part, so that no space is put there (SentencePiece).
    public func encode(_ parts: [PromptPart], addsPrefix: Bool = true, continuesText: Bool = false) -> [Int32] {
        var tokens = addsPrefix ? postProcessor.prefix : []
        var pending: [UInt8] = []
        var start = continuesText ? TextStart.inText : .first
        func flush() {
            pending.withUnsafeBufferPointer { bytes in
                normalizer.withNormalized(bytes, start) { appendPieces(of: $0, start, to: &tokens) }
            }
            pending.removeAll()
            start = .behindToken
        }
        func take(_ token: Int32) {
            flush()
            tokens.append(token)
        }
        for part in parts {
            guard part.holdsSpecialTokens else {
                pending += part.text.utf8
                continue
            }
            var text = part.text
            text.withUTF8 { bytes in
                addedTokens.split(bytes) { piece in
                    normalizedAddedTokens.split(piece) {
                        pending += $0
                    } token: {
                        take($0)
                    }
                } token: {
                    take($0)
                }
            }
        }
        flush()
        return addsPrefix ? tokens + postProcessor.suffix : tokens
    }

    /// Added tokens are looked for before normalisation or after it, as each one's flag says.
    private func appendParsed(_ text: UnsafeBufferPointer<UInt8>, to tokens: inout [Int32]) {
        addedTokens.split(text) { part in
            normalizer.withNormalized(part, .first) { normalized in
                normalizedAddedTokens.split(normalized) {
                    let isFirst = part.baseAddress == text.baseAddress && $0.baseAddress == normalized.baseAddress
                    appendPieces(of: $0, isFirst ? .first : .behindToken, to: &tokens)
                } token: {
                    tokens.append($0)
                }
            }
        } token: {
            tokens.append($0)
        }
    }

    private func appendPieces(of text: UnsafeBufferPointer<UInt8>, _ start: TextStart, to tokens: inout [Int32]) {
        preTokenizer.forEachPiece(of: text, start) { model.append($0, vocabulary: vocabulary, to: &tokens) }
    }
}

/// Where a text begins that is tokenized in one go.
enum TextStart {
    /// At the very start.
    case first
    /// Behind an added token.
    case behindToken
    /// Behind other text.
    case inText
}
