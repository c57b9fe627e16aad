import Transformer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The KV memory of one model, cut into pages that are counted by reference.
///
/// Address space for the whole budget is reserved once, so that pages never move; the system backs it with memory as
/// pages are first written. A page that comes back is the next one to be handed out, while it is still in the
/// processor's caches, and keeps its old contents.
final class PagePool {
    /// The counter that this pool shares with others.
    let budget: CacheBudget
    /// Where the pages lie.
    let memory: PageMemory
    /// Pages that the reserved address space holds.
    let capacity: Int
    /// Pages handed out at the moment.
    private(set) var pagesInUse = 0
    /// The most pages that were ever in use at once.
    private(set) var peakPages = 0
    /// How often a page was handed out.
    private(set) var pagesTaken = 0
    /// How often a page was copied.
    private(set) var pagesCopied = 0
    /// References to each page that was ever handed out.
    private(set) var references: [Int32] = []
    /// Slots in use in each page that was ever handed out, counted from its first.
    private(set) var fills: [UInt8] = []
    /// Pages that came back, the latest last.
    private(set) var vacant: [Int32] = []

    /// Bytes that the system has reserved.
    private let reservedBytes: Int

    /// Reserves address space for as many pages as the budget could ever pay for.
    init(layout: PageLayout, budget: CacheBudget) throws(CacheError) {
        precondition(layout.bytesPerPage > 0, "a page holds at least one layer, head and element")
        self.budget = budget
        capacity = min(budget.bytes / layout.bytesPerPage, Int(Int32.max))
        // No overflow: the product is at most the budget, or one page.
        reservedBytes = max(capacity, 1) * layout.bytesPerPage
        let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
        let memory = mmap(nil, reservedBytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        // mmap reports failure as the address -1, a macro that Swift does not import.
        guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw .noAddressSpace(bytes: reservedBytes, code: errno)
        }
        #if os(Linux)
        // Pages are long and read side by side: with small ones of the system, looking up addresses takes a sixth of the time.
        madvise(memory, reservedBytes, MADV_HUGEPAGE)
        #endif
        self.memory = PageMemory(memory, layout: layout)
    }

    deinit {
        munmap(memory.base, reservedBytes)
        budget.giveBack(bytesInUse)
    }

    /// The form of every page.
    var layout: PageLayout { memory.layout }

    /// Bytes of the pages in use.
    var bytesInUse: Int { pagesInUse * layout.bytesPerPage }

    /// Throws unless `count` more pages can be handed out now.
    func require(_ count: Int) throws(CacheError) {
        let needed = count * layout.bytesPerPage
        guard needed <= budget.free, count <= capacity - pagesInUse else {
            throw .outOfMemory(needed: needed, budget: budget.bytes)
        }
    }

    /// Hands out a page with one reference and no slot in use; `require` has made sure that there is one.
    func take() -> Int32 {
        budget.take(layout.bytesPerPage)
        pagesInUse += 1
        pagesTaken += 1
        peakPages = max(peakPages, pagesInUse)
        let page: Int32
        if let last = vacant.popLast() {
            page = last
        } else {
            page = Int32(references.count)
            references.append(0)
            fills.append(0)
        }
        references[Int(page)] = 1
        fills[Int(page)] = 0
        return page
    }

    /// Hands out a page with the contents of another and one reference: one page of `memcpy`.
    func takeCopy(of page: Int32) -> Int32 {
        let copy = take()
        pagesCopied += 1
        memory.page(Int(copy)).copyMemory(from: memory.page(Int(page)), byteCount: layout.bytesPerPage)
        return copy
    }

    /// Adds a reference to a page in use.
    func retain(_ page: Int32) {
        references[Int(page)] += 1
    }

    /// Takes a reference away; with the last one the page comes back at once.
    ///
    /// - Returns: whether the page is still in use.
    @discardableResult
    func release(_ page: Int32) -> Bool {
        precondition(references[Int(page)] > 0, "release only pages in use")
        references[Int(page)] -= 1
        guard references[Int(page)] == 0 else { return true }
        vacant.append(page)
        pagesInUse -= 1
        budget.giveBack(layout.bytesPerPage)
        return false
    }

    /// Slots in use in a page.
    func fill(of page: Int32) -> Int { Int(fills[Int(page)]) }

    /// Says how many slots of a page are in use, from its first.
    func setFill(of page: Int32, to slots: Int) {
        fills[Int(page)] = UInt8(slots)
    }
}
