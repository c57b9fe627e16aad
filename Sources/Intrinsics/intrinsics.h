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
#endif
