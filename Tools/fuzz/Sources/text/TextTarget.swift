import FuzzSupport
import Tokenization

/// The tokenizers of the bundled models; the fuzzer runs in Tools/fuzz.
private let tokenizers: [Tokenizer] = ["qwen", "llama"].map { family in
    do { return try Tokenizer(contentsOf: "../../Weights/\(family)/target") } catch { fatalError("\(error)") }
}

/// Encodes the input as text, with one tokenizer for even lengths and the other for odd ones: it comes back, whole or in
/// a stream, unless its characters are composed, and then what comes back is stable.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    let tokenizer = tokenizers[count % tokenizers.count]
    withinASecond {
        let tokens = tokenizer.encode(text, addsPrefix: false)
        let decoded = tokenizer.decode(tokens)
        precondition(decoded == text, "\(decoded.debugDescription) comes back for \(text.debugDescription)")
        if !decoded.utf8.elementsEqual(text.utf8) {
            precondition(tokenizer.decode(tokenizer.encode(decoded, addsPrefix: false)) == decoded)
        }
        var stream = TextStream(tokenizer, skipsSpecialTokens: false)
        let streamed = tokens.map { stream.append($0) }.joined() + stream.finish()
        precondition(streamed.utf8.elementsEqual(decoded.utf8))
        let parts = [PromptPart(text, holdsSpecialTokens: true), PromptPart(text, holdsSpecialTokens: false)]
        precondition(tokenizer.decode(tokenizer.encode(parts, addsPrefix: false)) == text + text)
    }
    return 0
}
