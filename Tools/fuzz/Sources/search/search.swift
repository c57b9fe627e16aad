import FuzzSupport
import JSON
import SpecSearch

/// Reads the input as a saved search or a saved memory; what is accepted stays the same when it is written and read again, and
/// a search that can be gone on with is a tree.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        let text = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let json = try? JSONValue(parsing: text) else { return }
        if let memory = SearchMemory(json) { precondition(SearchMemory(memory.json) == memory) }
        do {
            let saved = try SavedSearch(json)
            let again = try SavedSearch(saved.json)
            precondition(again == saved)
            let (search, repeated) = (try saved.restored(format).search, try again.restored(format).search)
            precondition(search.tree == repeated.tree)
            for thought in search.tree.thoughts {
                precondition(thought.parent.map { $0 < thought.id } ?? true)
                precondition(thought.depth == search.tree.path(of: thought.id).count)
            }
            precondition(search.held.allSatisfy { 0..<search.tree.count ~= $0 })
        } catch {
            check(error)
        }
    }
    return 0
}

private let format: PromptFormat = {
    do { return try PromptFormat(prompt: "Q: {question}\n", separator: "\n", answer: "The answer is {answer}.") } catch
    {
        preconditionFailure("\(error)")
    }
}()

/// Changes the input as JSON.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    JSONMutator.mutate(bytes, count, maximum: maximum, seed: seed, words: words)
}

private let words = [
    "specsearch search 1", "beam", "dvts", "mcts", "best-of-n", "majority", "weighted-majority", "plain", "lossless",
    "paper",
    "selective", "maximum", "mean", "fixed", "random", "share", "written", "scores", "checks", "separator", "endOfText",
    "length", "width", "beams", "depth", "thoughtTokens", "tokenBudget", "thoughtBudget", "draftsPerPath", "epsilon",
    "theta",
    "The answer is 7.", "\n", "",
]
