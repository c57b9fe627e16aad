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
        self =
            switch PathKind(of: path) {
            case .nothing, .folder: .folder(try ModelFolder(path: path))
            case .file, .special: .gguf(try GGUFModel(path: path))
            }
    }

    /// The path as it was given.
    var path: String {
        switch self {
        case .folder(let model): model.path
        case .gguf(let model): model.file.path
        }
    }

    /// The last part of the path, without the ending of a file.
    var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? "model"
        return last.hasSuffix(".gguf") ? String(last.dropLast(5)) : last
    }

    /// Whether the engine loads it as it is.
    var isLoadable: Bool { if case .folder(let model) = self { !model.isPacked } else { false } }

    /// All weights.
    func tensors() throws(ConvertError) -> [SourceTensor] {
        switch self {
        case .folder(let model): try model.tensors()
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

    /// The value of a JSON file that goes along; nil if there is none.
    func companion(_ name: String) throws(ConvertError) -> JSONValue? {
        switch self {
        case .folder(let model):
            guard model.companions.contains(name) else { return nil }
            do { return try JSONValue(parsing: try model.companion(name)) } catch let error as ConvertError {
                throw error
            } catch {
                throw .badFile(path: "\(path)/\(name)", reason: "\(error). Download it again.")
            }
        case .gguf(let model): return try model.companions().first { $0.name == name }?.json
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
