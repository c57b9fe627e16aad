internal import CPUFeatures

/// Rows of a product in fewer bits than they have; working memory for one product at a time.
final class RoundedRows: @unchecked Sendable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    init() {}

    deinit { memory?.deallocate() }

    /// Rounds rows to bfloat16 and hands over where they lie, `width` elements after each other.
    func withBFloat16<Result>(
        _ input: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, _ arithmetic: Arithmetic,
        _ body: (UnsafeRawPointer) -> Result
    ) -> Result {
        nonisolated(unsafe) let (rounded, input) = (reserve(rows * width * 4), input)
        arithmetic.team.split(rows, atLeast: rowsAtLeast(width)) { part in
            for row in part { arithmetic.kernels.round(input + row * stride, width, rounded + row * width * 4) }
        }
        return body(rounded)
    }

    /// Rounds rows to 8 bits, in groups of 32 that share a scale, and hands over where bytes, scales and starts of all
    /// groups lie.
    func withBytes<Result>(
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
        arithmetic.team.split(rows, atLeast: rowsAtLeast(groups * Int(quantized_group))) { part in
            for row in part {
                let first = row * groups
                arithmetic.kernels.quantize(
                    input + row * stride, groups, offset, bytes + first * Int(quantized_group), scales + first,
                    starts + first)
            }
        }
        return body(bytes, scales, starts)
    }

    /// With fewer rows a second thread costs more than it saves.
    private func rowsAtLeast(_ width: Int) -> Int { 1 + 32_768 / width }

    private func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if let memory, capacity >= byteCount { return memory }
        memory?.deallocate()
        let grown = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        (memory, capacity) = (grown, byteCount)
        return grown
    }
}
