import FuzzSupport
import SpecSearch

private let folder = MemoryFolder("bundle")

/// Reads the input as bundle.json; what is accepted stays inside of the bundle, and can ask a question.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        folder.write(UnsafeRawBufferPointer(start: bytes, count: count), to: "bundle.json")
        do {
            let bundle = try ModelBundle(folder: folder.path)
            for model in [bundle.target, bundle.draft, bundle.reward].compactMap({ $0 }) {
                // Bytes, as the system reads paths: a character may join a slash and an accent.
                let parts = model.utf8.split(separator: UInt8(ascii: "/"))
                precondition(model.utf8.starts(with: (folder.path + "/").utf8))
                precondition(!parts.contains { $0.elementsEqual("..".utf8) })
            }
            let prompt = try bundle.format.prompt(for: " What is {answer}? ")
            precondition(prompt.utf8.count >= 16)
            _ = bundle.format.answer(in: prompt + bundle.format.separator + "The answer is 7.")
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
    "target", "draft", "reward", "prompt", "separator", "answer", "stepToken", "goodToken", "badToken", "sampling",
    "search", "chatTemplate", "system", "templateOptions", "temperature", "topK", "topP", "minP", "width", "beams",
    "depth", "theta", "thoughtTokens", "model", "chatml", "llama3", "raw", "{question}", "{answer}",
    "\\boxed{{answer}}",
    "..", "/", "a/../b", "\n",
]
