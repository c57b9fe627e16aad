// What this processor can run, and the table through which kernels of any instruction set are called.
//
// Header only: every function is `static inline`, so the package has no C code to compile. Only pointers and scalars
// cross this border: a vector passed by value between targets of different instruction sets can silently be wrong.
#pragma once

#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#endif

/// Instruction sets that kernels are built for, in ascending order of capability.
enum {
    /// What every processor of the architecture has (x86-64: SSE2).
    cpu_baseline = 0,
    /// x86-64-v3: AVX2, FMA, BMI2, F16C.
    cpu_v3 = 3,
    /// AVX-512 with VNNI as in Ice Lake: F, BW, CD, DQ, VL, IFMA, VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ.
    cpu_v4 = 4,
    /// The same with AVX512_BF16, products of pairs of bfloat16 as in Cooper Lake and Zen 4.
    cpu_v4_bf16 = 5,
};

/// The best of the sets above that processor and operating system support.
static inline int cpu_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi")
        && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt")
        && __builtin_cpu_supports("movbe");
    if (!v3) return cpu_baseline;
    int v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2")
        && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bitalg")
        && __builtin_cpu_supports("avx512vpopcntdq");
    if (!v4) return cpu_v3;
    return __builtin_cpu_supports("avx512bf16") ? cpu_v4_bf16 : cpu_v4;
#else
    return cpu_baseline;
#endif
}

/// Writes what the processor calls itself, up to 48 characters and a zero; nothing but the zero if it does not say.
static inline void cpu_name(char name[_Nonnull 49]) {
    uint32_t words[12] = {0};
#if defined(__x86_64__)
    unsigned highest, unused[3];
    __cpuid(0x80000000, highest, unused[0], unused[1], unused[2]);
    for (unsigned leaf = 0; highest >= 0x80000004 && leaf < 3; leaf++) {
        uint32_t *part = words + 4 * leaf;
        __cpuid(0x80000002 + leaf, part[0], part[1], part[2], part[3]);
    }
#endif
    memcpy(name, words, sizeof words);
    name[48] = 0;
}

/// Tells the processor that this thread spins, which saves power and lets its sibling run.
static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
}

/// Asks for the 64 bytes at an address, which need not be mapped, to be brought into the second-level cache.
static inline void cpu_prefetch(const void *_Nonnull address) { __builtin_prefetch(address, 0, 2); }

/// Lets another thread run that waits for this processor.
static inline void cpu_yield(void) { sched_yield(); }

/// Processors that this process may run on, at least 1.
static inline int cpu_count(void) {
#if defined(__linux__)
    // The system call itself: the C library's wrapper hides behind a macro that Swift does not set.
    unsigned long mask[128] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int count = 0;
    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++) count += __builtin_popcountl(mask[i]);
    if (count > 0) return count;
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/// The bytes of the machine's memory; as many as there can be if the system does not say.
static inline int64_t memory_bytes(void) {
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? pages * page : INT64_MAX;
}

/// Outputs that one panel of packed weights holds; lanes of the vectors that kernels work with.
enum { kernel_lanes = 16 };

/// One matrix product over packed weights, for a range of panels. Strides are in floats.
typedef struct {
    /// `rows` × `width` inputs, or what `round` made of them.
    const void *_Nonnull input;
    ptrdiff_t input_stride;
    ptrdiff_t rows;
    /// Weights of all panels; panel p holds outputs 16p … 16p + 15.
    const void *_Nonnull panels;
    /// Inputs per output.
    ptrdiff_t width;
    /// The panels to compute.
    ptrdiff_t first_panel;
    ptrdiff_t panel_count;
    /// Outputs of the whole matrix: the last panel may be partly filled.
    ptrdiff_t outputs;
    /// `rows` × `outputs` results.
    float *_Nonnull output;
    ptrdiff_t output_stride;
} PanelProduct;

/// Inputs that share a scale in quantised weights and rows.
enum { quantized_group = 32 };

/// One product of rows in 8 bits with packed weights in 8 or 4, for a range of panels. A group is 32 inputs.
typedef struct {
    /// `rows` × `groups` × 32 bytes.
    const int8_t *_Nonnull input;
    /// What each group of a row is multiplied with: `rows` × `groups`.
    const float *_Nonnull input_scales;
    /// What each group's sum begins with: `rows` × `groups`.
    const int32_t *_Nonnull input_starts;
    ptrdiff_t rows;
    ptrdiff_t groups;
    /// Weights of all panels; panel p holds outputs 16p … 16p + 15.
    const void *_Nonnull panels;
    /// Scales of all panels: for each pair of groups sixteen pairs of bfloat16.
    const void *_Nonnull scales;
    /// The panels to compute.
    ptrdiff_t first_panel;
    ptrdiff_t panel_count;
    /// Outputs of the whole matrix: the last panel may be partly filled.
    ptrdiff_t outputs;
    /// `rows` × `outputs` results.
    float *_Nonnull output;
    ptrdiff_t output_stride;
} QuantizedProduct;

/// Attention of several queries to one page of keys and values of one head. Keys and values lie in words of 32 bits, each
/// of which holds `n` elements, the first in the lowest bits: 1 float, 2 bfloat16, or 4 bytes that are 128 too large.
typedef struct {
    /// `count` queries of `head_size` elements, already scaled.
    const float *_Nonnull queries;
    ptrdiff_t count;
    ptrdiff_t head_size;
    /// Keys as ⌈`head_size` / n⌉ × 16 words: one column per depth, `n` elements of the depth in each.
    const void *_Nonnull keys;
    /// What the key of each depth is multiplied with: 16, for bytes alone.
    const float *_Nullable key_scales;
    /// Values as 16 / n × `value_stride` words: one column per element, `n` depths of the element in each.
    const void *_Nonnull values;
    /// What the value of each depth is multiplied with: 16, for bytes alone.
    const float *_Nullable value_scales;
    ptrdiff_t value_stride;
    /// The depths of the page that the queries see: from `first_depth` on, 0 … 15, up to `depths`, 1 … 16.
    ptrdiff_t first_depth;
    ptrdiff_t depths;
    /// Per query the largest score so far; starts as −infinity.
    float *_Nonnull maxima;
    /// Per query 16 sums of exponentials relative to it, of the depths at each place in a page; they start as 0.
    float *_Nonnull sums;
    /// Per query `value_stride` weighted sums of values relative to the same largest score; starts as 0.
    float *_Nonnull weighted;
    /// Working memory: 17 floats per query.
    float *_Nonnull weights;
    /// What is read next, to be fetched meanwhile; null for nothing.
    const void *_Nullable upcoming;
    ptrdiff_t upcoming_bytes;
} PageAttention;

/// The kernels of one instruction set. Each gives an output row by the same operations in the same order, whatever
/// else it computes in the same call.
typedef struct {
    /// output[r][o] = Σ over k, in ascending order, of input[r][k] · weight[o][k], 32-bit floats.
    void (*_Nonnull multiply_float32)(const PanelProduct *_Nonnull);
    /// The same over bfloat16 weights, two inputs interleaved in each 32-bit element; `width` is even.
    void (*_Nonnull multiply_bfloat16)(const PanelProduct *_Nonnull);
    /// The same over rows that `round` has rounded to bfloat16.
    void (*_Nonnull multiply_rounded)(const PanelProduct *_Nonnull);
    /// Rounds the elements of a row, an even number, to the nearest bfloat16, ties to even. `rounded` has room for as
    /// many floats; how they lie there is the instruction set's own affair.
    void (*_Nonnull round)(const float *_Nonnull input, ptrdiff_t width, void *_Nonnull rounded);
    /// output[r][o] = Σ over groups, in ascending order, of (Σ over the group's k of input[r][k] · (weight[o][k] − 128))
    /// · the group's scales; weights are unsigned bytes, four inputs of an output side by side in 64 bytes for sixteen.
    void (*_Nonnull multiply_int8)(const QuantizedProduct *_Nonnull);
    /// The same with weight − 8 in 4 bits; 64 bytes hold eight inputs, the first four in the low halves of bytes.
    void (*_Nonnull multiply_int4)(const QuantizedProduct *_Nonnull);
    /// Rounds a row of `groups` × 32 floats to signed bytes, and writes each group's scale (its largest magnitude / 127;
    /// not a number if one of its floats is none or infinite) and what sums with weights that are stored `offset` too
    /// large begin with.
    void (*_Nonnull quantize)(const float *_Nonnull input, ptrdiff_t groups, int32_t offset, int8_t *_Nonnull bytes,
                              float *_Nonnull scales, int32_t *_Nonnull starts);
    /// Rounds one panel of weights, `groups` × 32 inputs × 16 outputs, to integers −127 … 127, and packs them and their
    /// scales as `multiply_int8` reads them. A scale is the bfloat16 with the least squared error of those near the one
    /// that maps the largest weight to 127: 0 for a group of zeros, not a number for one that holds such or infinity.
    void (*_Nonnull pack_int8)(const float *_Nonnull weights, ptrdiff_t groups, void *_Nonnull panel,
                               void *_Nonnull scales);
    /// The same to integers −8 … 7, for `multiply_int4`; a scale may have either sign and is the one with the least
    /// squared error of those tried.
    void (*_Nonnull pack_int4)(const float *_Nonnull weights, ptrdiff_t groups, void *_Nonnull panel,
                               void *_Nonnull scales);
    /// output = input / √(mean of squares + epsilon) · weight (Zhang and Sennrich, 2019). May work in place.
    void (*_Nonnull normalize)(const float *_Nonnull input, const float *_Nonnull weight, ptrdiff_t width,
                               float epsilon, float *_Nonnull output);
    /// Turns the pairs (i, i + size/2) of a head by the angles whose cosines and sines are given (RoFormer, 2021).
    void (*_Nonnull rotate)(float *_Nonnull head, ptrdiff_t size, const float *_Nonnull cosines,
                            const float *_Nonnull sines);
    /// Adds one page to the running softmax of several queries; keys and values are 32-bit floats.
    void (*_Nonnull attend_float32)(const PageAttention *_Nonnull);
    /// The same with keys and values in bfloat16.
    void (*_Nonnull attend_bfloat16)(const PageAttention *_Nonnull);
    /// The same with keys and values in 8 bits, with a scale for each depth.
    void (*_Nonnull attend_int8)(const PageAttention *_Nonnull);
    /// gate = SiLU(gate) · up, element by element.
    void (*_Nonnull gate)(float *_Nonnull gate, const float *_Nonnull up, ptrdiff_t count);
    /// target += source, element by element.
    void (*_Nonnull add)(float *_Nonnull target, const float *_Nonnull source, ptrdiff_t count);
    /// Reads `count` × 64 bytes as fast as it can, four times 64 at once, and returns something that depends on them.
    uint32_t (*_Nonnull read)(const void *_Nonnull memory, ptrdiff_t count);
    /// Multiplies and adds bytes in registers: in each round 8 × 16 × 4 of them. Reads 64 bytes.
    int32_t (*_Nonnull multiply_bytes)(const void *_Nonnull memory, ptrdiff_t rounds);
    /// Multiplies and adds floats in registers: in each round 8 × 16 of them. Reads 16.
    float (*_Nonnull multiply_floats)(const float *_Nonnull memory, ptrdiff_t rounds);
    /// The same of pairs of bfloat16, as `multiply_rounded` multiplies them: in each round 8 × 16 × 2.
    float (*_Nonnull multiply_pairs)(const float *_Nonnull memory, ptrdiff_t rounds);
} KernelTable;
