internal import Files
internal import JSON

/// Writes the weights of a model's folder: one file if they fit, else shards and an index, named as Hugging Face does.
public final class SafetensorsFolderWriter {
    /// The folder that is written to.
    public let path: String
    private let shards: [SafetensorsWriter]
    private let plan: ShardPlan

    /// The number of files that hold tensors.
    public var shardCount: Int { shards.count }

    /// Begins the files of a folder, which must be there.
    ///
    /// - Parameters:
    ///   - folder: the folder. Files of the same names are replaced by `finish()`.
    ///   - tensors: every tensor; shards are filled in this order.
    ///   - metadata: free text, carried by every shard.
    ///   - maximumShardBytes: the most bytes of data in one file; a larger tensor gets a file of its own.
    /// - Throws: `SafetensorsError.tensor` or `.header` for a shape or name that readers would refuse, `.writing` if
    ///   the folder is not writable.
    public init(
        folder: String, tensors: [TensorDeclaration], metadata: [String: String] = [:], maximumShardBytes: Int
    ) throws(SafetensorsError) {
        let plan = try ShardPlan(tensors, maximumShardBytes: maximumShardBytes, path: folder)
        var shards: [SafetensorsWriter] = []
        for (name, group) in zip(plan.names, plan.groups) {
            shards.append(try SafetensorsWriter(path: "\(folder)/\(name)", tensors: group, metadata: metadata))
        }
        path = folder
        self.shards = shards
        self.plan = plan
    }

    /// Appends bytes to a tensor: elements as they lie in memory, little-endian.
    ///
    /// - Throws: `SafetensorsError.writing` for a tensor that was not declared or has not so many bytes, after the end,
    ///   or if the system refuses.
    public func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws(SafetensorsError) {
        guard let place = plan.places[ExactName(name)] else { throw .writing(path: path, .undeclared(tensor: name)) }
        try shards[place].append(bytes, to: name)
    }

    /// Checks that every tensor is complete, and gives the files their final names; the index comes last.
    ///
    /// - Throws: `SafetensorsError.writing`: with `.missingBytes` before any file has its name, so that the rest may
    ///   still be appended; with `.finished` after the end; with `.refused` if the system refuses, when some files may
    ///   have their names.
    public func finish() throws(SafetensorsError) {
        for shard in shards { try shard.checkComplete() }
        for shard in shards { try shard.finish() }
        guard let index = plan.index else { return }
        try SafetensorsError.wrapping { () throws(WriteError) in
            try TemporaryFile.write(index, to: "\(path)/\(ShardIndex.name)")
        }
    }

    /// Gives up and removes what was written.
    public func cancel() {
        for shard in shards { shard.cancel() }
    }
}
