/// Floats in memory of their own, aligned to cache lines and zeroed; freed with the last reference.
///
/// Whoever writes must make sure that nobody else uses the same part at the same time.
package final class FloatBuffer: @unchecked Sendable {
    /// The first float.
    package let floats: UnsafeMutablePointer<Float>
    /// How many floats there are.
    package let count: Int

    /// Allocates `count` floats, all zero.
    package init(count: Int) {
        self.count = count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        floats = memory.bindMemory(to: Float.self, capacity: count)
        floats.initialize(repeating: 0, count: count)
    }

    /// Allocates a copy of the values.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { floats[index] = value }
    }

    /// Writes all floats as the nearest bfloat16.
    package func round(to target: UnsafeMutablePointer<UInt16>) {
        for index in 0..<count { target[index] = BFloat16.bits(floats[index]) }
    }

    deinit { UnsafeMutableRawPointer(floats).deallocate() }
}
