import CPUFeatures

#if KERNELS_V4_BF16
internal import Intrinsics
#endif

// Loops that do nothing but what a machine's limits are made of.

/// Reads `count` × 64 bytes and returns their exclusive or: see `KernelTable.read`.
func read(_ memory: UnsafeRawPointer, _ count: Int) -> UInt32 {
    var (first, second, third, fourth) = (WeightBytes.zero, WeightBytes.zero, WeightBytes.zero, WeightBytes.zero)
    var next = memory
    for _ in 0..<count / 4 {
        // Four pages ahead, where the processor's own prefetching has not been yet.
        for line in 0..<4 { cpu_prefetch(next + 16_384 + 64 * line) }
        first ^= next.loadUnaligned(as: WeightBytes.self)
        second ^= (next + 64).loadUnaligned(as: WeightBytes.self)
        third ^= (next + 128).loadUnaligned(as: WeightBytes.self)
        fourth ^= (next + 192).loadUnaligned(as: WeightBytes.self)
        next += 256
    }
    return UInt32(truncatingIfNeeded: sum(unsafeBitCast(first ^ second ^ third ^ fourth, to: IntegerSums.self)))
}

// Eight chains of sums keep every unit busy. They are spelled out, since closures would not stay in this module.

/// Products of bytes in registers alone: see `KernelTable.multiply_bytes`.
func multiplyBytes(_ memory: UnsafeRawPointer, _ rounds: Int) -> Int32 {
    // Sums are weights too, or products would be computed once and for all.
    let start = memory.loadUnaligned(as: IntegerSums.self)
    let bytes = InputBytes(memory.assumingMemoryBound(to: Int8.self))
    var (a, b, c, d) = (start, start &+ 1, start &+ 2, start &+ 3)
    var (e, f, g, h) = (a &+ 4, b &+ 4, c &+ 4, d &+ 4)
    for _ in 0..<rounds {
        bytes.add(unsafeBitCast(a, to: WeightBytes.self), to: &a)
        bytes.add(unsafeBitCast(b, to: WeightBytes.self), to: &b)
        bytes.add(unsafeBitCast(c, to: WeightBytes.self), to: &c)
        bytes.add(unsafeBitCast(d, to: WeightBytes.self), to: &d)
        bytes.add(unsafeBitCast(e, to: WeightBytes.self), to: &e)
        bytes.add(unsafeBitCast(f, to: WeightBytes.self), to: &f)
        bytes.add(unsafeBitCast(g, to: WeightBytes.self), to: &g)
        bytes.add(unsafeBitCast(h, to: WeightBytes.self), to: &h)
    }
    return sum((a ^ b) &+ (c ^ d) &+ (e ^ f) &+ (g ^ h))
}

/// Products of floats in registers alone: see `KernelTable.multiply_floats`.
func multiplyFloats(_ memory: UnsafePointer<Float>, _ rounds: Int) -> Float {
    let (weights, factor) = (load(memory), Vector(repeating: memory[0]))
    var (a, b, c, d) = (Vector.zero, weights, weights + weights, weights * 3)
    var (e, f, g, h) = (weights * 4, weights * 5, weights * 6, weights * 7)
    for _ in 0..<rounds {
        accumulate(&a, weights, factor)
        accumulate(&b, weights, factor)
        accumulate(&c, weights, factor)
        accumulate(&d, weights, factor)
        accumulate(&e, weights, factor)
        accumulate(&f, weights, factor)
        accumulate(&g, weights, factor)
        accumulate(&h, weights, factor)
    }
    return sum((a * b) + (c * d) + (e * f) + (g * h))
}

/// Products of pairs of bfloat16 in registers alone: see `KernelTable.multiply_pairs`.
func multiplyPairs(_ memory: UnsafePointer<Float>, _ rounds: Int) -> Float {
    #if KERNELS_V4_BF16
    let weights = unsafeBitCast(load(memory), to: __m512i.self)
    func start(_ factor: Float) -> Vector { load(memory) * factor }
    var (a, b, c, d) = (start(1), start(2), start(3), start(4))
    var (e, f, g, h) = (start(5), start(6), start(7), start(8))
    for _ in 0..<rounds {
        a = dot_bfloat16(a, weights, weights)
        b = dot_bfloat16(b, weights, weights)
        c = dot_bfloat16(c, weights, weights)
        d = dot_bfloat16(d, weights, weights)
        e = dot_bfloat16(e, weights, weights)
        f = dot_bfloat16(f, weights, weights)
        g = dot_bfloat16(g, weights, weights)
        h = dot_bfloat16(h, weights, weights)
    }
    return sum((a * b) + (c * d) + (e * f) + (g * h))
    #else
    // Both halves are widened to floats.
    return multiplyFloats(memory, 2 * rounds)
    #endif
}
