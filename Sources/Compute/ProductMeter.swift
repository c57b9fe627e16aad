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
        /// The same of floats.
        package var floatOperations = 0
    }

    /// Everything since the last reset.
    package private(set) var reading = Reading()

    /// A meter at zero.
    package init() {}

    /// Begins anew.
    package func reset() { reading = Reading() }

    /// Runs a product and counts it.
    func measure(_ matrix: Matrix, rows: Int, _ body: () -> Void) {
        let clock = ContinuousClock()
        reading.seconds += clock.measure(body) / .seconds(1)
        let operations = 2 * rows * matrix.outputs * matrix.inputs
        reading.bytes += matrix.outputs * matrix.inputs * matrix.precision.sixteenths / 16
        if matrix.precision == .int8 || matrix.precision == .int4 {
            reading.byteOperations += operations
        } else {
            reading.floatOperations += operations
        }
    }
}
