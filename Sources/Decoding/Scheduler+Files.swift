public import CacheTree
internal import Compute
internal import Transformer

/// Paths in files.
extension Scheduler {
    /// Writes the paths to some nodes into a file, with all that was computed of them.
    ///
    /// The file is of use where the same models compute with the same kernels and mode. The weights are read once for it.
    /// - Parameters:
    ///   - nodes: the ends of the paths; they stay held.
    ///   - path: where the file is to be; one that is there already is replaced.
    ///   - note: free text that the file carries.
    /// - Throws: `DecodingError.cacheFile` if it cannot be written.
    public func save(_ nodes: [NodeID], to path: String, note: String = "") throws(DecodingError) {
        do { try tree.save(nodes, to: path, origin: origin, note: note) } catch { throw .cacheFile(error) }
    }

    /// Adds the paths of a file; what is known of them already is shared.
    ///
    /// The file is believed as weights are: whoever can write it decides what the models take for known.
    /// - Returns: the ends of the paths in the order in which they were saved, each held once for the caller, and the note.
    /// - Throws: `DecodingError.cacheFile` for a file that does not hold together or that others computed.
    public func restore(from path: String) throws(DecodingError) -> (nodes: [NodeID], note: String) {
        let limits = CacheLimits(
            vocabularySize: target.model.configuration.vocabularySize, contextLength: contextLength)
        do { return try tree.restore(from: path, origin: origin, limits: limits) } catch { throw .cacheFile(error) }
    }

    /// What keys and values are computed with here. The weights are read once for it.
    public var origin: CacheOrigin {
        CacheOrigin(
            kernels: thread.arithmetic.instructionSet, mode: thread.arithmetic.mode,
            models: [target.model.fingerprint] + (draft.map { [$0.model.fingerprint] } ?? []))
    }
}
