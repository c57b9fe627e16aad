import FuzzSupport
import Tokenization

/// A folder with a vocab.json of the byte alphabet and a few pairs, and a tokenizer_config.json of Qwen.
private let folder: MemoryFolder = {
    let folder = MemoryFolder("vocabulary")
    let printable = (0...255).filter { 0x21...0x7E ~= $0 || 0xA1...0xAC ~= $0 || 0xAE...0xFF ~= $0 }
    let others = (0...255).filter { !printable.contains($0) }.indices.map { 0x100 + $0 }
    let letters = (printable + others).compactMap { Unicode.Scalar($0).map(String.init) }
    let entries = (letters + ["ab", "abc", "Ġa", "bc", "Ġab"]).enumerated().map { place, text in
        "\"\(text == "\"" || text == "\\" ? "\\" + text : text)\": \(place)"
    }
    folder.write("{\(entries.joined(separator: ", "))}", to: "vocab.json")
    folder.write(#"{"tokenizer_class": "Qwen2Tokenizer"}"#, to: "tokenizer_config.json")
    return folder
}()

/// Reads the input as merges.txt.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        folder.write(UnsafeRawBufferPointer(start: bytes, count: count), to: "merges.txt")
        do {
            let tokenizer = try Tokenizer(contentsOf: folder.path)
            let text = "abc ab abcabc  x\n"
            precondition(tokenizer.decode(tokenizer.encode(text)) == text)
        } catch {
            check(error)
        }
    }
    return 0
}
