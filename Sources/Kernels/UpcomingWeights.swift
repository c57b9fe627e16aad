import CPUFeatures

/// The weights that come after those that are computed with: fetched meanwhile, a part with every tile of rows, so that
/// memory and arithmetic are busy at the same time.
struct UpcomingWeights {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer
    /// Lines of 64 bytes to fetch with each step.
    private let lines: Int

    /// - Parameters:
    ///   - weights: what comes next, `bytes` long.
    ///   - steps: how many steps the tiles take together until it is needed.
    @inline(__always)
    init(_ weights: UnsafeRawPointer, bytes: Int, steps: Int) {
        next = weights
        end = weights + bytes
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
