import CPUFeatures

/// Memory that is needed after what is computed with: fetched meanwhile, a part with every step, so that memory and
/// arithmetic are busy at the same time.
struct UpcomingLines {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer
    /// Lines of 64 bytes to fetch with each step.
    private let lines: Int

    /// - Parameters:
    ///   - memory: what comes next, `bytes` long.
    ///   - steps: how many steps there are until it is needed.
    @inline(__always)
    init(_ memory: UnsafeRawPointer, bytes: Int, steps: Int) {
        next = memory
        end = memory + bytes
        lines = (bytes / 64 + steps - 1) / steps
    }

    /// Fetches the next lines.
    @inline(__always)
    mutating func advance() {
        let limit = min(next + lines * 64, end)
        while next < limit {
            cpu_prefetch(next)
            next += 64
        }
    }
}
