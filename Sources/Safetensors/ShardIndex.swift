internal import Files
internal import JSON

/// Which shard holds which tensor: the file that Hugging Face puts beside weights in several files.
struct ShardIndex: Sendable {
    /// The name of the file.
    static let name = "model.safetensors.index.json"
    /// More than any index needs: a name of a hundred bytes for each of a million tensors.
    private static let largestBytes = 100_000_000

    /// Tensor names with the shards that hold them, in the order of the file.
    let entries: [(tensor: String, shard: String)]
    /// The shards, each once, in the order in which the file names them first.
    let shards: [String]

    /// Reads the index of a folder; nil if there is none.
    init?(folder: String) throws(SafetensorsError) {
        let text: [UInt8]
        do {
            text = try InputFile(path: "\(folder)/\(ShardIndex.name)", followsLinks: false)
                .readAll(limit: ShardIndex.largestBytes)
        } catch .missing {
            return nil
        } catch {
            throw .file(path: "\(folder)/\(ShardIndex.name)", .access(error))
        }
        try self.init(parsing: text, folder: folder)
    }

    private init(parsing text: [UInt8], folder: String) throws(SafetensorsError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw .folder(path: folder, .index(reason: error.description))
        }
        guard let map = value["weight_map"]?.object else {
            throw .folder(path: folder, .index(reason: "weight_map is missing, expected an object"))
        }
        var entries: [(tensor: String, shard: String)] = []
        var shards: [String] = []
        var seen: Set<ExactName> = []
        entries.reserveCapacity(map.count)
        for member in map.members {
            guard let shard = member.value.string else {
                throw .folder(path: folder, .index(reason: "a shard's name is a \(member.value.kind)"))
            }
            if seen.insert(ExactName(shard)).inserted {
                guard ShardIndex.isPlainName(shard) else { throw .folder(path: folder, .shardName(shard)) }
                shards.append(shard)
            }
            entries.append((tensor: member.name, shard: shard))
        }
        guard !shards.isEmpty else { throw .folder(path: folder, .index(reason: "weight_map is empty")) }
        self.entries = entries
        self.shards = shards
    }

    /// Whether a name stays in its folder and ends as weights do.
    private static func isPlainName(_ name: String) -> Bool {
        let forbidden: [UInt8] = [0, UInt8(ascii: "/"), UInt8(ascii: "\\")]
        return name.utf8.count <= 255 && name.utf8.first != UInt8(ascii: ".") && name.hasSuffix(".safetensors")
            && !name.utf8.contains(where: forbidden.contains)
    }
}
