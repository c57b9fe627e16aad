import GGUF
import JSON

/// A model in a GGUF file, seen as the Hugging Face folder that it once came from.
struct GGUFModel {
    /// The file.
    let file: GGUFFile
    /// What the file says about the model.
    let configuration: GGUFConfiguration

    init(path: String) throws(ConvertError) {
        do { file = try GGUFFile(contentsOf: path) } catch { throw .gguf(error) }
        configuration = try GGUFConfiguration(file)
    }

    /// The tokenizer's two files, if there is one: tokenizer.json, and what chat templates need.
    func companions() throws(ConvertError) -> [(name: String, json: JSONValue)] {
        let metadata = GGUFMetadata(file)
        guard let model = try metadata.text("tokenizer.ggml.model"), model != GGUFTokenizer.none else { return [] }
        let tokenizer = try GGUFTokenizer(metadata)
        return [("tokenizer.json", try tokenizer.json()), ("tokenizer_config.json", try tokenizer.configuration())]
    }

    /// All weights under the names that they have in a folder.
    func tensors() throws(ConvertError) -> [SourceTensor] {
        var tensors: [SourceTensor] = []
        for info in file.header.tensors where info.name != "rope_freqs.weight" {
            guard let name = GGUFNames.folderName(of: info.name) else {
                throw .gguf(
                    .tensor(
                        path: file.path, name: info.name,
                        problem: "is not part of any model that this package computes. Get another model."))
            }
            let heads = turnedHeads(of: info.name)
            let rows = heads.map { $0 * configuration.headSize }
            guard rows == nil || rows == info.shape[0] else {
                throw .gguf(
                    .tensor(
                        path: file.path, name: info.name,
                        problem: "has \(info.shape[0]) rows, but its heads have \(rows ?? 0). Download it again."))
            }
            tensors.append(SourceTensor(name: name, content: .gguf(file, info, turnedHeads: heads)))
        }
        return tensors
    }

    /// How many heads' rows llama.cpp has put in another order: in Llama, those of queries and keys.
    private func turnedHeads(of name: String) -> Int? {
        guard configuration.architecture == .llama else { return nil }
        if name.contains(".attn_q.") { return configuration.heads }
        return name.contains(".attn_k.") ? configuration.keyValueHeads : nil
    }
}
