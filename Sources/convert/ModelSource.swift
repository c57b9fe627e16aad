import Files
import GGUF
import JSON
import Safetensors

/// A model as `convert` reads it, in either form in which models are published.
enum ModelSource {
    /// A Hugging Face folder.
    case folder(ModelFolder)
    /// A GGUF file.
    case gguf(GGUFModel)

    /// Opens a folder or a file and checks everything that can be checked without reading the data.
    init(path: String) throws(ConvertError) {
        self = PathKind(of: path) == .file ? .gguf(try GGUFModel(path: path)) : .folder(try ModelFolder(path: path))
    }

    /// All weights.
    func tensors() throws(ConvertError) -> [SourceTensor] {
        switch self {
        case .folder(let model): model.weights.tensors.map { SourceTensor(name: $0.name, content: .safetensors($0)) }
        case .gguf(let model): try model.tensors()
        }
    }

    /// Free text that the weights carry.
    var metadata: [String: String] {
        if case .folder(let model) = self { model.weights.metadata } else { [:] }
    }

    /// The members of `config.json`.
    func configuration() throws(ConvertError) -> JSONObject {
        switch self {
        case .folder(let model): model.configuration
        case .gguf(let model): try model.configuration.json()
        }
    }

    /// Calls `body` with every other file of the new folder, one at a time: its name and its bytes.
    func forEachCompanion(_ body: (String, [UInt8]) throws -> Void) throws {
        switch self {
        case .folder(let model): for name in model.companions { try body(name, model.companion(name)) }
        case .gguf(let model):
            for (name, json) in try model.companions() { try body(name, Array((json.serialized() + "\n").utf8)) }
        }
    }

    /// Checks that nobody wrote to the weights while they were read.
    func checkUnchanged() throws {
        switch self {
        case .folder(let model): for file in model.weights.files { try file.checkUnchanged() }
        case .gguf(let model): try model.file.checkUnchanged()
        }
    }
}
