internal import CPUFeatures

/// Rows of a product in 8 bits, in groups of 32 that share a scale; working memory for one product at a time.
final class QuantizedRows: @unchecked Sendable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    init() {}

    deinit { memory?.deallocate() }

    /// Quantises rows and hands over where bytes, scales and starts of all groups lie.
    func with<Result>(
        _ input: UnsafePointer<Float>, stride: Int, rows: Int, groups: Int, offset: Int32, _ arithmetic: Arithmetic,
        _ body: (UnsafePointer<Int8>, UnsafePointer<Float>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        let count = rows * groups
        let memory = reserve(count * (Int(quantized_group) + 8))
        nonisolated(unsafe) let bytes = memory.assumingMemoryBound(to: Int8.self)
        nonisolated(unsafe) let scales = (memory + count * Int(quantized_group)).assumingMemoryBound(to: Float.self)
        nonisolated(unsafe) let starts = (memory + count * (Int(quantized_group) + 4)).assumingMemoryBound(
            to: Int32.self)
        nonisolated(unsafe) let input = input
        arithmetic.team.split(rows, atLeast: 1 + 1024 / groups) { part in
            for row in part {
                let first = row * groups
                arithmetic.kernels.quantize(
                    input + row * stride, groups, offset, bytes + first * Int(quantized_group), scales + first,
                    starts + first)
            }
        }
        return body(bytes, scales, starts)
    }

    private func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if let memory, capacity >= byteCount { return memory }
        memory?.deallocate()
        let grown = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        (memory, capacity) = (grown, byteCount)
        return grown
    }
}
