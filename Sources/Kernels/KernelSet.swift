package import CPUFeatures

/// This build's kernels; `Compute` picks one build for the processor it runs on.
package enum KernelSet {
    /// The kernels as a table of functions.
    package static var table: KernelTable {
        KernelTable(
            multiply_float32: { multiplyFloat32($0) },
            multiply_bfloat16: { multiplyBFloat16($0) },
            multiply_rounded: { multiplyRounded($0) },
            round: { round($0, $1, $2) },
            multiply_int8: { multiplyInt8($0) },
            multiply_int4: { multiplyInt4($0) },
            quantize: { quantize($0, $1, $2, $3, $4, $5) },
            pack_int8: { packInt8($0, $1, $2, $3) },
            pack_int4: { packInt4($0, $1, $2, $3) },
            normalize: { normalize($0, $1, $2, $3, $4) },
            rotate: { rotate($0, $1, $2, $3) },
            attend_float32: { attend(FloatWords.self, $0) },
            attend_bfloat16: { attend(BFloat16Words.self, $0) },
            attend_int8: { attend(ByteWords.self, $0) },
            gate: { gate($0, $1, $2) },
            add: { add($0, $1, $2) },
            read: { read($0, $1) },
            multiply_bytes: { multiplyBytes($0, $1) },
            multiply_floats: { multiplyFloats($0, $1) },
            multiply_pairs: { multiplyPairs($0, $1) })
    }
}
