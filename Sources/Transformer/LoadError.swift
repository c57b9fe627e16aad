public import Compute
public import Files
public import JSON
public import Safetensors

/// Why a folder is not a model that can be loaded.
public enum LoadError: Error, Sendable, CustomStringConvertible {
    /// A file that every checkpoint needs is not there.
    case missingFile(path: String)
    /// A file that is there cannot be read.
    case unreadable(path: String, FileError)
    /// A JSON file does not parse.
    case invalidJSON(path: String, JSONError)
    /// The weights' file or files cannot be used.
    case weights(SafetensorsError)
    /// `architectures` in `config.json` names something that this package does not build.
    case unsupportedArchitecture(found: String, supported: [String])
    /// A field of `config.json` has a value of a wrong kind or outside its range, or is not there.
    case invalidField(name: String, found: String, expected: String)
    /// A field of `config.json` asks for arithmetic that this package does not have.
    case unsupportedField(name: String, found: String, supported: String)
    /// A tensor is not among the weights.
    case missingTensor(name: String)
    /// A tensor has another shape than the configuration says.
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    /// A tensor's elements are neither floats of 16 or 32 bits nor what `convert` packs.
    case unsupportedElementType(tensor: String, found: String)
    /// The weights are quantised already, to something else than what was asked for.
    case quantized(found: WeightPrecision, asked: WeightPrecision)
    /// The weights have more bytes than the machine has memory.
    case tooLarge(weightBytes: Int, memoryBytes: Int)
    /// The model cannot give the logits of these tokens.
    case outputTokens(found: [Int32], expected: String)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .missingFile(let path):
            "\(path) is missing. Give the folder of a Hugging Face checkpoint: config.json, tokenizer.json and "
                + "*.safetensors."
        case .unreadable(let path, let error): "\(path): \(error)"
        case .invalidJSON(let path, let error): "\(path): \(error). Download the file again."
        case .weights(let error): "\(error)"
        case .unsupportedArchitecture(let found, let supported):
            "config.json: the architecture is \(found); this package builds \(supported.joined(separator: ", "))."
        case .invalidField(let name, let found, let expected):
            "config.json: \(name) is \(found), expected \(expected)."
        case .unsupportedField(let name, let found, let supported):
            "config.json: \(name) is \(found), which would change the numbers; supported: \(supported)."
        case .missingTensor(let name):
            "The weights have no tensor \(name), which config.json asks for. Do config.json and weights belong "
                + "together?"
        case .wrongShape(let tensor, let found, let expected):
            "The tensor \(tensor) has the shape \(found), but config.json asks for \(expected). Do config.json and "
                + "weights belong together?"
        case .quantized(let found, let asked):
            "The weights are quantised to \(found.rawValue) already, so they cannot be kept as \(asked.rawValue). Leave the "
                + "precision out, or take the model that they were made from."
        case .tooLarge(let weights, let memory):
            "The weights take \(weights >> 20) MiB, but the machine has \(memory >> 20) MiB of memory. Convert them to a "
                + "smaller precision, or take a smaller model."
        case .outputTokens(let found, let expected):
            "The model cannot give the logits of the tokens \(found) alone; it has \(expected)."
        case .unsupportedElementType(let tensor, let found):
            "The tensor \(tensor) holds \(found); weights must be F32, F16 or BF16, or packed by convert: U8 "
                + "with BF16 scales."
        }
    }
}
