extension SafetensorsError {
    /// What can be wrong with a folder of weights.
    public enum FolderProblem: Hashable, Sendable, CustomStringConvertible {
        /// There is neither a single file nor an index of shards.
        case noWeights
        /// The index is not what Hugging Face writes.
        case index(reason: String)
        /// The index names a shard outside of the folder, or not a safetensors file.
        case shardName(String)
        /// The index names a shard that is not there.
        case shardMissing(String)
        /// The index promises a tensor that its shard does not hold.
        case tensorMissing(tensor: String, shard: String)
        /// A shard holds a tensor that the index does not list.
        case tensorUnlisted(tensor: String, shard: String)
        /// Two shards hold the same tensor.
        case tensorTwice(tensor: String, first: String, second: String)

        /// What was found, what was expected, and what to do next.
        public var description: String {
            switch self {
            case .noWeights:
                "holds neither \(SafetensorsFolder.singleName) nor \(ShardIndex.name). "
                    + "Name the folder of a model in safetensors form."
            case .index(let reason): "\(ShardIndex.name) is wrong: \(reason). Download it again."
            case .shardName(let name):
                "\(ShardIndex.name) names the shard \(SafetensorsError.quoted(name)); symlinked or absolute shard names are refused, "
                    + "expected the name of a .safetensors file in the same folder."
            case .shardMissing(let name):
                "\(ShardIndex.name) names the shard \(SafetensorsError.quoted(name)), which is not there. Download it."
            case .tensorMissing(let tensor, let shard):
                "\(ShardIndex.name) says that \(SafetensorsError.quoted(shard)) holds \(SafetensorsError.quoted(tensor)), but it does not. "
                    + "Download index and shards of one revision."
            case .tensorUnlisted(let tensor, let shard):
                "\(SafetensorsError.quoted(shard)) holds \(SafetensorsError.quoted(tensor)), which \(ShardIndex.name) does not list. "
                    + "Download index and shards of one revision."
            case .tensorTwice(let tensor, let first, let second):
                "both \(SafetensorsError.quoted(first)) and \(SafetensorsError.quoted(second)) hold \(SafetensorsError.quoted(tensor)). Download index and shards of one revision."
            }
        }
    }
}
