import Files
import JSON
import PackedWeights
import Safetensors

/// The folder of a model as Hugging Face lays it out: what `convert` reads.
struct ModelFolder {
    /// The name of the file that describes the model.
    static let configurationName = "config.json"
    /// More than any text file of a model has.
    private static let largestTextBytes = 1 << 28

    /// The folder as it was given.
    let path: String
    /// The weights, open and checked.
    let weights: SafetensorsFolder
    /// The names of the files that go along unchanged: tokenizer, templates, generation settings.
    let companions: [String]
    /// The members of `config.json`, without what they say about packed weights.
    let configuration: JSONObject
    /// How weights are packed; nil if they are floats.
    private let packing: PackedFormat?

    /// Opens a folder and checks everything that can be checked without reading the data.
    init(path: String) throws(ConvertError) {
        self.path = path
        let listing = try FolderListing(path: path)
        var companions: [String] = []
        for (name, kind) in listing.entries where ModelFolder.isCompanion(name) {
            guard kind != .link else {
                throw .badFile(
                    path: "\(path)/\(name)",
                    reason: "is a symbolic link. Copy the model with its files (cp -rL), then convert the copy.")
            }
            if kind == .file { companions.append(name) }
        }
        self.companions = companions
        var members = try ModelFolder.readConfiguration(of: path)
        let quantised = members["quantization_config"].flatMap { $0 == .null ? nil : $0 }
        packing = try quantised.map { value throws(ConvertError) in
            do throws(PackedError) {
                return try PackedFormat(value, path: "\(path)/\(ModelFolder.configurationName)")
            } catch { throw .packed(error) }
        }
        members.remove("quantization_config")
        configuration = members
        do {
            weights = try SafetensorsFolder(contentsOf: path)
        } catch {
            throw .weights(error)
        }
    }

    /// Whether weights are packed integers.
    var isPacked: Bool { packing != nil }

    /// All weights; packed ones as the floats that they stand for.
    func tensors() throws(ConvertError) -> [SourceTensor] {
        guard let packing else { return weights.tensors.map { SourceTensor(name: $0.name, content: .safetensors($0)) } }
        var tensors: [SourceTensor] = []
        for tensor in weights.tensors {
            if tensor.name.hasSuffix(PackedTensor.ending) {
                let packed: PackedTensor
                do { packed = try PackedTensor(tensor, packing) { weights.tensor(named: $0) } } catch {
                    throw .packed(error)
                }
                let name = tensor.name.dropLast(PackedTensor.ending.count) + ".weight"
                tensors.append(SourceTensor(name: String(name), content: .packed(packed)))
            } else if ![".qzeros", ".scales", ".g_idx"].contains(where: tensor.name.hasSuffix) {
                tensors.append(SourceTensor(name: tensor.name, content: .safetensors(tensor)))
            }
        }
        return tensors
    }

    /// Whether a file travels with the weights. Indexes do not: they describe the old files.
    static func isCompanion(_ name: String) -> Bool {
        guard name != configurationName, !name.hasSuffix(".index.json"), !name.hasPrefix(".") else { return false }
        return name == "tokenizer.model" || [".json", ".txt", ".jinja"].contains(where: name.hasSuffix)
    }

    /// The bytes of a file that goes along.
    func companion(_ name: String) throws(ConvertError) -> [UInt8] {
        do {
            return try InputFile(path: "\(path)/\(name)", followsLinks: false)
                .readAll(limit: ModelFolder.largestTextBytes)
        } catch {
            throw .weights(.file(path: "\(path)/\(name)", .access(error)))
        }
    }

    private static func readConfiguration(of folder: String) throws(ConvertError) -> JSONObject {
        let path = "\(folder)/\(configurationName)"
        let value: JSONValue
        do {
            let text = try InputFile(path: path, followsLinks: false).readAll(limit: largestTextBytes)
            value = try JSONValue(parsing: text)
        } catch let error as FileError {
            throw .weights(.file(path: path, .access(error)))
        } catch {
            throw .badFile(path: path, reason: "\(error). Download it again.")
        }
        guard case .object(let members) = value else {
            throw .badFile(path: path, reason: "holds a \(value.kind), expected an object. Download it again.")
        }
        return members
    }
}
