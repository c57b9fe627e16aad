public import JSON

/// How the weights of a folder are packed into 32-bit integers, eight of 4 bits each, from `quantization_config`.
public struct PackedFormat: Sendable {
    /// Who packs: each with an order of its own.
    public enum Method: String, Sendable {
        /// GPTQ (Frantar et al., 2022): integers hold eight inputs of an output.
        case gptq
        /// AWQ (Lin et al., 2023): integers hold eight outputs of an input, even ones before odd ones.
        case awq
    }

    /// Who packed.
    public let method: Method
    /// Inputs that share a scale and a zero; nil for all of an output.
    public let groupSize: Int?
    /// What is added to the zeros of the file: 1 for GPTQ's first form, which keeps them one too low, else 0.
    public let zeroOffset: Int
    /// Whether zeros are in the middle of the range, 8, by definition.
    public let isSymmetric: Bool

    /// Reads `quantization_config`.
    ///
    /// - Parameters:
    ///   - configuration: its value.
    ///   - path: the file that holds it, for error texts.
    /// - Throws: `PackedError` for everything but GPTQ and AWQ with 4 bits.
    public init(_ configuration: JSONValue, path: String) throws(PackedError) {
        func refused(_ problem: String) -> PackedError {
            PackedError(
                path: path,
                reason: "\(problem); GPTQ and AWQ with 4 bits are read. Start from the model that they were made from.")
        }
        let name = configuration["quant_method"]?.string ?? "unknown"
        guard let method = Method(rawValue: name) else {
            throw refused("the weights are quantised (\(name.prefix(100)))")
        }
        let bits = configuration["bits"]?.int ?? configuration["w_bit"]?.int
        guard bits == 4 else {
            throw refused("the weights are quantised (\(name)) with \(bits.map { "\($0)" } ?? "unknown") bits")
        }
        let size = configuration["group_size"]?.int ?? configuration["q_group_size"]?.int ?? 128
        guard size == -1 || (8...1 << 20).contains(size), size == -1 || size % 8 == 0 else {
            throw refused("group_size is \(size), expected -1 or a multiple of 8")
        }
        let form = configuration[method == .gptq ? "checkpoint_format" : "version"]?.string?.lowercased()
        switch (method, form) {
        case (.gptq, nil), (.gptq, "gptq"): zeroOffset = 1
        case (.gptq, "gptq_v2"), (.awq, nil), (.awq, "gemm"): zeroOffset = 0
        default: throw refused("the weights are packed in the form \(JSONValue.string(form ?? "").excerpt)")
        }
        self.method = method
        groupSize = size == -1 ? nil : size
        isSymmetric = method == .gptq && configuration["sym"]?.bool ?? true
    }
}
