/// Why KV memory cannot be had.
public enum CacheError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A pass needs `needed` bytes of pages more, and of `budget`, all bytes there are, not so many are left.
    case outOfMemory(needed: Int, budget: Int)
    /// The system refused `bytes` of address space for a pool, with the error number `code`.
    case noAddressSpace(bytes: Int, code: Int32)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .outOfMemory(let needed, let budget):
            "KV memory is full: the pass needs \(needed) bytes more, which the budget of \(budget) bytes does not have left; "
                + "release or evict branches, or raise the budget"
        case .noAddressSpace(let bytes, let code):
            "the system refused \(bytes) bytes of address space for KV memory (error \(code)); lower the budget"
        }
    }
}
