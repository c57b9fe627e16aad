import CacheTree

@testable import Decoding

extension PassRunner {
    /// The outputs of as many of the last tokens of each path, side by side.
    func compute(_ paths: [NodeID], outputs: Int, rowsPerPass: Int) async throws(DecodingError) -> [[Float]] {
        try await compute(paths.map { ($0, outputs) }, rowsPerPass: rowsPerPass) { _, outputs in
            outputs.flatMap { Array($0) }
        }
    }
}
