#if arch(x86_64)
internal import Intrinsics
#endif

/// Sixteen lanes of four unsigned bytes each: weights, the first input in the lowest byte.
typealias WeightBytes = SIMD16<UInt32>

/// Sixteen sums of products.
typealias IntegerSums = SIMD16<Int32>

/// Four signed bytes of a row, the same in every lane, in the form that this instruction set multiplies.
struct InputBytes {
    #if KERNELS_V4
    private let bytes: __m512i

    @inline(__always)
    init(_ pointer: UnsafePointer<Int8>) {
        bytes = _mm512_set1_epi32(UnsafeRawPointer(pointer).loadUnaligned(as: Int32.self))
    }

    /// `sums += Σ weights · bytes` over the four bytes of each lane, exactly.
    @inline(__always)
    func add(_ weights: WeightBytes, to sums: inout IntegerSums) {
        let sum = _mm512_dpbusd_epi32(
            unsafeBitCast(sums, to: __m512i.self), unsafeBitCast(weights, to: __m512i.self), bytes)
        sums = unsafeBitCast(sum, to: IntegerSums.self)
    }
    #elseif arch(x86_64)
    #if KERNELS_V3
    private typealias Words = SIMD8<UInt32>
    private typealias Pairs = SIMD16<Int16>
    #else
    private typealias Words = SIMD4<UInt32>
    private typealias Pairs = SIMD8<Int16>
    #endif
    // As 16-bit pairs, bytes 0 and 2, and bytes 1 and 3: the instruction for bytes would saturate (255 · 127 · 2). One
    // register's worth, since all are the same.
    private let even: Pairs
    private let odd: Pairs

    @inline(__always)
    init(_ pointer: UnsafePointer<Int8>) {
        let word = UnsafeRawPointer(pointer).loadUnaligned(as: UInt32.self)
        let pairs = unsafeBitCast(Words(repeating: word), to: Pairs.self)
        even = (pairs &<< 8) &>> 8
        odd = pairs &>> 8
    }

    /// `sums += Σ weights · bytes` over the four bytes of each lane, exactly.
    @inline(__always)
    func add(_ weights: WeightBytes, to sums: inout IntegerSums) {
        sums &+= products(weights & 0x00FF_00FF, even)
        sums &+= products(weights &>> 8 & 0x00FF_00FF, odd)
    }

    #if KERNELS_V3
    @inline(__always)
    private func products(_ weights: WeightBytes, _ pairs: Pairs) -> IntegerSums {
        let bytes = unsafeBitCast(pairs, to: __m256i.self)
        let low = _mm256_madd_epi16(unsafeBitCast(weights.lowHalf, to: __m256i.self), bytes)
        let high = _mm256_madd_epi16(unsafeBitCast(weights.highHalf, to: __m256i.self), bytes)
        return IntegerSums(
            lowHalf: unsafeBitCast(low, to: SIMD8<Int32>.self), highHalf: unsafeBitCast(high, to: SIMD8<Int32>.self))
    }
    #else
    @inline(__always)
    private func products(_ weights: WeightBytes, _ pairs: Pairs) -> IntegerSums {
        IntegerSums(lowHalf: products(weights.lowHalf, pairs), highHalf: products(weights.highHalf, pairs))
    }

    @inline(__always)
    private func products(_ weights: SIMD8<UInt32>, _ pairs: Pairs) -> SIMD8<Int32> {
        let bytes = unsafeBitCast(pairs, to: __m128i.self)
        let low = _mm_madd_epi16(unsafeBitCast(weights.lowHalf, to: __m128i.self), bytes)
        let high = _mm_madd_epi16(unsafeBitCast(weights.highHalf, to: __m128i.self), bytes)
        return SIMD8(
            lowHalf: unsafeBitCast(low, to: SIMD4<Int32>.self), highHalf: unsafeBitCast(high, to: SIMD4<Int32>.self))
    }
    #endif
    #else
    private let bytes: SIMD4<Int32>

    @inline(__always)
    init(_ pointer: UnsafePointer<Int8>) {
        bytes = SIMD4(Int32(pointer[0]), Int32(pointer[1]), Int32(pointer[2]), Int32(pointer[3]))
    }

    /// `sums += Σ weights · bytes` over the four bytes of each lane, exactly.
    @inline(__always)
    func add(_ weights: WeightBytes, to sums: inout IntegerSums) {
        for place in 0..<4 {
            let weight = unsafeBitCast(weights &>> UInt32(8 * place) & 0xFF, to: IntegerSums.self)
            sums &+= weight &* bytes[place]
        }
    }
    #endif
}
