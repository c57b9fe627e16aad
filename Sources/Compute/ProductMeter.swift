/// Sums up what matrix products do and how long they take; for one thread that leads a team.
package final class ProductMeter: @unchecked Sendable {
    /// What products have done so far.
    package struct Reading: Sendable {
        /// Seconds that products took.
        package var seconds = 0.0
        /// Bytes of weights that they read, each once per product.
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

    /// Everything since the last reset.
    package private(set) var reading = Reading()

    /// A meter at zero.
    package init() {}

    /// Begins anew.
    package func reset() { reading = Reading() }

    /// Runs a product and counts it.
    func measure(_ matrix: Matrix, rows: Int, _ activations: ActivationPrecision, _ body: () -> Void) {
        let clock = ContinuousClock()
        reading.seconds += clock.measure(body) / .seconds(1)
        let operations = 2 * rows * matrix.outputs * matrix.inputs
        reading.bytes += matrix.outputs * matrix.inputs * matrix.precision.sixteenths / 16
        switch matrix.precision {
        case .int8, .int4: reading.byteOperations += operations
        case .bfloat16 where activations == .bfloat16: reading.roundedOperations += operations
        case .bfloat16, .float32: reading.floatOperations += operations
        }
    }
}
