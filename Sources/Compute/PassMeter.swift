/// Sums up what the parts of forward passes do and how long they take; for one thread that leads a team.
package final class PassMeter: @unchecked Sendable {
    /// What a part has done so far.
    package struct Work: Sendable {
        /// Seconds that it took.
        package var seconds = 0.0
        /// Bytes that it read: weights once per product, keys and values whenever a thread reads them for some rows.
        package var bytes = 0
        /// Multiplications and additions of bytes.
        package var byteOperations = 0
        /// The same of 32-bit floats.
        package var floatOperations = 0
        /// The same of bfloat16.
        package var roundedOperations = 0
        /// All of them.
        package var operations: Int { byteOperations + floatOperations + roundedOperations }
    }

    /// Matrix products since the last reset.
    package private(set) var products = Work()
    /// Attention since the last reset.
    package private(set) var attention = Work()

    /// A meter at zero.
    package init() {}

    /// Begins anew.
    package func reset() { (products, attention) = (Work(), Work()) }

    /// Runs a product and counts it.
    func measure(_ matrix: Matrix, rows: Int, _ activations: ActivationPrecision, _ body: () -> Void) {
        let clock = ContinuousClock()
        products.seconds += clock.measure(body) / .seconds(1)
        let operations = 2 * rows * matrix.outputs * matrix.inputs
        products.bytes += matrix.outputs * matrix.inputs * matrix.precision.sixteenths / 16
        switch matrix.precision {
        case .int8, .int4: products.byteOperations += operations
        case .bfloat16 where activations == .bfloat16: products.roundedOperations += operations
        case .bfloat16, .float32: products.floatOperations += operations
        }
    }

    /// Runs attention and counts it; `body` says how many bytes it has read and how much it has computed.
    package func measureAttention(_ body: () -> (bytes: Int, operations: Int)) {
        let clock = ContinuousClock()
        let start = clock.now
        let (bytes, operations) = body()
        attention.seconds += (clock.now - start) / .seconds(1)
        attention.bytes += bytes
        attention.floatOperations += operations
    }
}
