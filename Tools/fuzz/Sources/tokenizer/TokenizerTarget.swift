import FuzzSupport
import Tokenization

private let folder = MemoryFolder("tokenizer")
private let texts = ["", " Hello, wörld!\n\n  12345 '\u{301}ll", "<|a|><s>aaaa\u{0}😀 \u{FFFD}\t\r\n", "▁ ▁▁Ġ"]

/// Reads the input as tokenizer.json; with what is accepted, texts become tokens of the vocabulary and texts again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        folder.write(UnsafeRawBufferPointer(start: bytes, count: count), to: "tokenizer.json")
        do {
            let tokenizer = try Tokenizer(contentsOf: folder.path)
            for text in texts {
                for handling in [SpecialTokenHandling.asText, .parsed] {
                    let tokens = tokenizer.encode(text, specialTokens: handling)
                    precondition(tokens.allSatisfy { 0..<tokenizer.vocabularySize ~= Int($0) })
                    _ = tokenizer.decode(tokens)
                }
            }
        } catch {
            check(error)
        }
    }
    return 0
}

/// Changes the input as JSON.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    JSONMutator.mutate(bytes, count, maximum: maximum, seed: seed, words: words)
}

private let words = [
    "BPE", "ByteLevel", "Sequence", "Split", "Metaspace", "TemplateProcessing", "NFC", "Prepend", "Replace",
    "ByteFallback", "Fuse", "Strip", "Regex", "String", "Isolated", "Removed", "added_tokens", "normalizer",
    "pre_tokenizer", "post_processor", "decoder", "model", "vocab", "merges", "type", "content", "id", "special",
    "lstrip", "rstrip", "single_word", "normalized", "byte_fallback", "unk_token", "fuse_unk", "ignore_merges",
    "dropout",
    "continuing_subword_prefix", "end_of_word_suffix", "single", "pair", "special_tokens", "SpecialToken", "Sequence",
    "prepend_scheme", "replacement", "split", "add_prefix_space", "use_regex", "trim_offsets", "a b", "Ġ a", "▁ ▁",
    "<|a|>", "<0x00>", "<0xFF>", "▁", "Ġ",
]
