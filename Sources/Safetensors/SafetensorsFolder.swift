internal import Files
internal import JSON

/// The weights of a model's folder: one file, or shards with an index.
///
/// Where both are present the single file counts, as in the reference implementation. Files are opened by their plain
/// names inside the folder; symbolic links are refused, so that a downloaded folder cannot reach outside of itself.
public final class SafetensorsFolder: Sendable {
    /// The name of weights in one file.
    static let singleName = "model.safetensors"

    /// The folder as it was given.
    public let path: String
    /// The open files, in the order in which the index names them.
    public let files: [SafetensorsFile]
    /// The names of all tensors: file by file, in the order of their bytes.
    public let tensorNames: [String]
    private let places: [ExactName: Int]

    /// The free text of all files; where two disagree, the first counts.
    public var metadata: [String: String] {
        files.reduce(into: [:]) { merged, file in merged.merge(file.metadata) { first, _ in first } }
    }

    /// The number of bytes of all tensors.
    public var dataBytes: Int { files.reduce(0) { $0 + $1.header.dataBytes } }

    /// Opens and checks all weights of a folder.
    ///
    /// - Throws: `SafetensorsError` when a file breaks the format, or index and shards disagree.
    public init(contentsOf folder: String) throws(SafetensorsError) {
        path = folder
        let index: ShardIndex?
        do {
            let path = "\(folder)/\(SafetensorsFolder.singleName)"
            files = [try SafetensorsFile(contentsOf: path, followsLinks: false)]
            index = nil
        } catch .file(_, .access(.missing)) {
            guard let found = try ShardIndex(folder: folder) else { throw .folder(path: folder, .noWeights) }
            files = try SafetensorsFolder.openShards(of: found, folder: folder)
            index = found
        }
        var names: [String] = []
        var places: [ExactName: Int] = [:]
        for (place, file) in files.enumerated() {
            for tensor in file.tensors {
                if let other = places.updateValue(place, forKey: ExactName(tensor.name)), let index {
                    throw .folder(
                        path: folder,
                        .tensorTwice(tensor: tensor.name, first: index.shards[other], second: index.shards[place]))
                }
                names.append(tensor.name)
            }
        }
        tensorNames = names
        self.places = places
        if let index { try check(index) }
    }

    /// All tensors in the order of `tensorNames`.
    public var tensors: [TensorView] {
        files.flatMap { file in file.tensors.map { TensorView(info: $0, file: file) } }
    }

    /// The tensor with exactly this name, or nil.
    public func tensor(named name: String) -> TensorView? {
        places[ExactName(name)].flatMap { files[$0].tensor(named: name) }
    }

    private static func openShards(of index: ShardIndex, folder: String) throws(SafetensorsError)
        -> [SafetensorsFile]
    {
        var files: [SafetensorsFile] = []
        for shard in index.shards {
            do {
                files.append(try SafetensorsFile(contentsOf: "\(folder)/\(shard)", followsLinks: false))
            } catch .file(_, .access(.missing)) {
                throw .folder(path: folder, .shardMissing(shard))
            }
        }
        return files
    }

    /// Checks that the index lists every tensor, and each in the shard that holds it.
    private func check(_ index: ShardIndex) throws(SafetensorsError) {
        var listed: Set<ExactName> = []
        for (tensor, shard) in index.entries {
            listed.insert(ExactName(tensor))
            guard let place = places[ExactName(tensor)], index.shards[place].utf8.elementsEqual(shard.utf8) else {
                throw .folder(path: path, .tensorMissing(tensor: tensor, shard: shard))
            }
        }
        for name in tensorNames where !listed.contains(ExactName(name)) {
            let shard = places[ExactName(name)].map { index.shards[$0] } ?? ""
            throw .folder(path: path, .tensorUnlisted(tensor: name, shard: shard))
        }
    }
}
