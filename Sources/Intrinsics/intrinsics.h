// The processor vendor's own operations, for kernels alone. Nothing but instructions: no code is compiled from it.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__AVX512BF16__)
/// `_mm512_dpbf16_ps` in types that Swift knows, which has none for vectors of bfloat16.
static inline __m512 dot_bfloat16(__m512 sums, __m512i left, __m512i right) {
    return _mm512_dpbf16_ps(sums, (__m512bh)left, (__m512bh)right);
}
#endif

#if defined(__AVX__)
/// Adds sixteen lanes, halves onto halves. Written with halves in Swift, the sum makes the compiler take everything that
/// leads to it apart.
static inline float sum_of_lanes(__m256 low, __m256 high) {
    __m256 eight = _mm256_add_ps(low, high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
#endif

#if defined(__AVX512F__)
/// The same of one register.
static inline float sum_of_all_lanes(__m512 lanes) {
    return sum_of_lanes(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));
}
#endif
#endif
