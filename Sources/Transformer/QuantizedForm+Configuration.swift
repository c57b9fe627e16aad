package import Compute
package import JSON

extension QuantizedForm {
    /// What `convert` writes into `config.json` as `quantization_config`, for other programs to refuse by name.
    package var configuration: JSONValue {
        ["quant_method": "specsearch", "bits": .integer(self == .int8 ? 8 : 4), "group_size": 32, "version": 1]
    }
}
