internal import XCTest

/// The outcome of comparing numbers with expected ones.
public struct Close: CustomStringConvertible {
    /// The largest absolute difference; infinite if a number is missing or is not one.
    public let largestDifference: Float
    /// The largest difference that is allowed.
    public let bound: Float
    public let description: String

    /// Whether all numbers are there, and no difference exceeds the bound.
    public var holds: Bool { largestDifference <= bound }

    public init(_ found: [Float], _ expected: [Float], within bound: Float) {
        self.bound = bound
        guard found.count == expected.count else {
            largestDifference = .infinity
            description = "found \(found.count) numbers, expected \(expected.count)"
            return
        }
        var largest: Float = 0
        var worst = 0
        for index in found.indices {
            // Equal infinities are equal; a NaN is never close.
            let difference = found[index] == expected[index] ? 0 : abs(found[index] - expected[index])
            guard difference > largest || difference.isNaN else { continue }
            (largest, worst) = (difference.isNaN ? .infinity : difference, index)
            if largest == .infinity { break }
        }
        largestDifference = largest
        description =
            found.isEmpty
            ? "nothing to compare"
            : """
            largest difference \(largest) at index \(worst) of \(found.count), bound \(bound): \
            found \(found[worst]), expected \(expected[worst]); first values found \(Array(found.prefix(5))), \
            expected \(Array(expected.prefix(5)))
            """
    }

    /// The bound of the parity ladder for logits: 1e-4 × max(1, standard deviation of the expected ones).
    public static func parityBound(_ expected: [Float]) -> Float {
        let values = expected.map(Double.init)
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))
        return 1e-4 * max(1, Float(variance.squareRoot()))
    }
}

/// Fails unless every number is within `bound` of the expected one; without a bound, within that of logits.
///
/// - Parameter what: what is compared, for the text of the failure.
public func assertClose(
    _ found: [Float], _ expected: [Float], within bound: Float? = nil, _ what: String = "numbers",
    file: StaticString = #filePath, line: UInt = #line
) {
    let comparison = Close(found, expected, within: bound ?? Close.parityBound(expected))
    if expected.isEmpty || !comparison.holds { XCTFail("\(what): \(comparison)", file: file, line: line) }
}
