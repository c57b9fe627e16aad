internal import Compute

/// All weights of a model, in the order in which they are read.
final class WeightList {
    enum Part: Sendable {
        case matrix(Matrix)
        case vector(FloatBuffer)
    }

    private(set) var parts: [Part] = []

    func adding(_ matrix: Matrix) -> Matrix {
        parts.append(.matrix(matrix))
        return matrix
    }

    func adding(_ vector: FloatBuffer) -> FloatBuffer {
        parts.append(.vector(vector))
        return vector
    }
}
