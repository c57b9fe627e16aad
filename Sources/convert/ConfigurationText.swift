import JSON
import Transformer

/// Writes `config.json` for weights in another precision.
struct ConfigurationText {
    private let source: JSONObject

    /// - Parameter source: the members as they were.
    init(_ source: JSONObject) { self.source = source }

    /// The text of `config.json` for another precision: one member per line, in the old order.
    func text(at precision: Precision) -> [UInt8] {
        var members = ConfigurationText.replacingPrecision(in: source, by: precision)
        if members["dtype"] == nil, members["torch_dtype"] == nil {
            members.set("torch_dtype", .string(precision.configurationName))
        }
        if let form = precision.form { members.set("quantization_config", form.configuration) }
        let lines = members.members.map { "  \(JSONValue.string($0.name).serialized()): \($0.value.serialized())" }
        return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }

    /// Replaces the precision wherever the object, or one inside it such as `text_config`, states one.
    private static func replacingPrecision(in object: JSONObject, by precision: Precision) -> JSONObject {
        var replaced = JSONObject()
        for member in object.members {
            switch (member.name, member.value) {
            case ("dtype", .string), ("torch_dtype", .string):
                replaced.set(member.name, .string(precision.configurationName))
            case (_, .object(let inner)):
                replaced.set(member.name, .object(replacingPrecision(in: inner, by: precision)))
            default: replaced.set(member.name, member.value)
            }
        }
        return replaced
    }
}
