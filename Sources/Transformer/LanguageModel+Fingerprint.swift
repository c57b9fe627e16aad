internal import Compute
internal import Files
internal import Synchronization

extension LanguageModel {
    /// A number that tells this model from others: of its weights as they are kept, and of what else its keys and values
    /// depend on. Saved ones name it.
    ///
    /// All weights are read for it, once.
    public var fingerprint: UInt64 {
        knownFingerprint.withLock { known in
            let fingerprint = known ?? computedFingerprint
            known = fingerprint
            return fingerprint
        }
    }

    private var computedFingerprint: UInt64 {
        let shape = configuration
        let parts = [
            shape.family.rawValue, "\(shape.width) \(shape.layers) \(shape.feedForwardWidth) \(shape.normEpsilon)",
            "\(shape.heads) \(shape.keyValueHeads) \(shape.headSize) \(shape.rotary)",
            shape.slidingWindow.map { "\($0.tokens) \($0.layers.sorted())" } ?? "",
            shape.experts.map { experts in
                "\(experts.countPerRow) \(experts.normalizesWeights) \((0..<shape.layers).filter(experts.has))"
            } ?? "",
        ]
        let text = Array(parts.joined(separator: "\n").utf8)
        var fingerprint = text.withUnsafeBytes { Checksum.of($0) }
        for part in weights {
            switch part {
            case .matrix(let matrix):
                withExtendedLifetime(matrix) {
                    for bytes in matrix.bytes { fingerprint = Checksum.of(bytes, seed: fingerprint) }
                }
            case .vector(let vector):
                let bytes = UnsafeRawBufferPointer(start: vector.floats, count: vector.count * 4)
                withExtendedLifetime(vector) { fingerprint = Checksum.of(bytes, seed: fingerprint) }
            }
        }
        return fingerprint
    }
}
