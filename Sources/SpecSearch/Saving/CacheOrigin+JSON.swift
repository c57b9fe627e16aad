internal import CacheTree
internal import Compute
internal import JSON

extension CacheOrigin {
    var json: JSONValue {
        [
            "kernels": .string(kernels.rawValue), "prefill": .string(mode.prefill.rawValue),
            "activations": .string(mode.activations.rawValue), "cache": .string(mode.cache.rawValue),
            "models": .array(models.map { .string(String($0, radix: 16)) }),
        ]
    }

    init?(_ json: JSONValue) {
        guard let kernels = json["kernels"]?.string.flatMap(InstructionSet.init(rawValue:)),
            let prefill = json["prefill"]?.string.flatMap(PrefillMode.init(rawValue:)),
            let activations = json["activations"]?.string.flatMap(ActivationPrecision.init(rawValue:)),
            let cache = json["cache"]?.string.flatMap(CachePrecision.init(rawValue:)),
            let names = json["models"]?.array
        else { return nil }
        let models = names.compactMap { $0.string.flatMap { UInt64($0, radix: 16) } }
        guard models.count == names.count else { return nil }
        self.init(
            kernels: kernels, mode: NumericMode(prefill: prefill, activations: activations, cache: cache),
            models: models)
    }
}
