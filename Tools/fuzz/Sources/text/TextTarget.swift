import FuzzSupport
import Tokenization

/// The tokenizers of the bundled models; the fuzzer runs in Tools/fuzz.
private let tokenizers: [Tokenizer] = ["qwen", "llama"].map { family in
    do { return try Tokenizer(contentsOf: "../../Weights/\(family)/target") } catch { fatalError("\(error)") }
}

/// Encodes the input as text: every text comes back, whole or in a stream, unless its characters are composed.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    withinASecond {
        for tokenizer in tokenizers {
            let tokens = tokenizer.encode(text, addsPrefix: false)
            let decoded = tokenizer.decode(tokens)
            precondition(tokenizer.decode(tokenizer.encode(decoded, addsPrefix: false)) == decoded)
            precondition(decoded == text, "\(decoded.debugDescription) comes back for \(text.debugDescription)")
            var stream = TextStream(tokenizer, skipsSpecialTokens: false)
            let streamed = tokens.map { stream.append($0) }.joined() + stream.finish()
            precondition(streamed.utf8.elementsEqual(decoded.utf8))
            let parts = [PromptPart(text, holdsSpecialTokens: true), PromptPart(text, holdsSpecialTokens: false)]
            precondition(tokenizer.decode(tokenizer.encode(parts, addsPrefix: false)) == text + text)
        }
    }
    return 0
}
