import CPUFeatures
import Compute
import TestSupport
import XCTest

/// Matrix products of every instruction set against sums in `Double`, and the promise of equal bits.
final class MultiplyTests: XCTestCase {
    private let team = ThreadTeam(threads: 2)

    /// Weights in 32 bits and in bfloat16, and these with rows in either.
    private let kinds: [(WeightPrecision, ActivationPrecision)] = [
        (.float32, .float32), (.bfloat16, .float32), (.bfloat16, .bfloat16),
    ]

    /// Rounds to the nearest bfloat16, written another way than the package's own.
    private static func bfloat16(_ value: Float) -> Float {
        let pattern = value.bitPattern
        let (lower, upper) = (pattern & 0xFFFF, pattern >> 16)
        let roundsUp = lower > 0x8000 || (lower == 0x8000 && upper & 1 == 1)
        return Float(bitPattern: (upper + (roundsUp ? 1 : 0)) << 16)
    }

    private struct Case {
        let weights: [Float]
        let input: [Float]
        let outputs: Int
        let inputs: Int
        let rows: Int
        /// Deliberately more than a row is long.
        var inputStride: Int { inputs + 3 }
        var outputStride: Int { outputs + 5 }

        init(outputs: Int, inputs: Int, rows: Int, seed: UInt64) {
            var random = SeededRandom(seed: seed)
            (self.outputs, self.inputs, self.rows) = (outputs, inputs, rows)
            weights = (0..<outputs * inputs).map { _ in random.normal() }
            input = (0..<rows * (inputs + 3)).map { _ in random.normal() }
        }
    }

    private func product(
        _ it: Case, _ precision: WeightPrecision, _ set: InstructionSet, team: ThreadTeam? = nil,
        mode: NumericMode = .init()
    ) -> [Float] {
        let team = team ?? self.team
        let matrix = Matrix(it.weights, outputs: it.outputs, inputs: it.inputs, precision: precision, team: team)
        var output = [Float](repeating: .infinity, count: it.rows * it.outputStride)
        it.input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                matrix.multiply(
                    input.baseAddress!, inputStride: it.inputStride, rows: it.rows, into: output.baseAddress!,
                    outputStride: it.outputStride,
                    arithmetic: Arithmetic(
                        instructionSet: set, team: team, mode: mode))
            }
        }
        return output
    }

    private func check(
        _ output: [Float], _ it: Case, _ precision: WeightPrecision, _ name: String,
        activations: ActivationPrecision = .float32
    ) {
        let input = precision == .bfloat16 && activations == .bfloat16 ? it.input.map(Self.bfloat16) : it.input
        for row in 0..<it.rows {
            for column in 0..<it.outputs {
                var (exact, size) = (0.0, 0.0)
                for index in 0..<it.inputs {
                    let weight = it.weights[column * it.inputs + index]
                    let term =
                        Double(precision == .float32 ? weight : Self.bfloat16(weight))
                        * Double(input[row * it.inputStride + index])
                    exact += term
                    size += abs(term)
                }
                let found = Double(output[row * it.outputStride + column])
                XCTAssertLessThanOrEqual(
                    abs(found - exact), 1e-6 * size, "\(name): row \(row), output \(column): \(found), not \(exact)")
            }
            for column in it.outputs..<it.outputStride {
                XCTAssertEqual(output[row * it.outputStride + column], .infinity, "\(name) writes beyond a row")
            }
        }
    }

    func testProductsAgreeWithDoubleOnEveryInstructionSet() {
        let shapes = [
            (1, 1), (15, 2), (16, 16), (17, 72), (33, 200), (64, 31), (72, 136), (130, 896), (504, 160),
        ]
        for set in InstructionSet.supported {
            for (precision, activations) in kinds {
                for (number, (outputs, inputs)) in shapes.enumerated() {
                    for rows in [1, 2, 3, 5, 8, 17] {
                        let it = Case(outputs: outputs, inputs: inputs, rows: rows, seed: UInt64(number * 100 + rows))
                        // A bfloat16 matrix of odd width is kept in 32 bits, unrounded.
                        let effective = inputs % 2 == 0 ? precision : .float32
                        check(
                            product(it, precision, set, mode: .init(activations: activations)), it, effective,
                            "\(set) \(precision.rawValue) \(outputs)×\(inputs), \(rows) rows",
                            activations: activations)
                    }
                }
            }
        }
    }

    func testARowsBitsDoNotDependOnItsCompanyOrTheThreads() {
        let alone = ThreadTeam(threads: 1)
        for set in InstructionSet.supported {
            for (precision, activations) in kinds {
                let all = Case(outputs: 205, inputs: 288, rows: 64, seed: 7)
                let whole = product(all, precision, set, mode: .init(activations: activations))
                XCTAssertEqual(
                    whole, product(all, precision, set, team: alone, mode: .init(activations: activations)),
                    "\(set): two threads against one")
                for rows in 1..<64 {
                    let few = Case(outputs: 205, inputs: 288, rows: rows, seed: 7)
                    XCTAssertEqual(few.weights, all.weights)
                    XCTAssertEqual(
                        Array(whole.prefix(rows * few.outputStride)),
                        product(few, precision, set, mode: .init(activations: activations)))
                }
            }
        }
    }

    func testAVX2AndAVX512GiveTheSameBits() throws {
        guard InstructionSet.supported.contains(.v4) else {
            throw XCTSkip("this processor has no AVX-512")
        }
        let it = Case(outputs: 100, inputs: 200, rows: 9, seed: 3)
        for precision in [WeightPrecision.float32, .bfloat16] {
            let expected = product(it, precision, .v3)
            for set in InstructionSet.supported where set != .baseline {
                XCTAssertEqual(product(it, precision, set), expected, "\(set)")
            }
        }
    }

    func testRowsAreRoundedToTheNearestBFloat16() {
        // Ties to either side, carries into the exponent and beyond the largest number, numbers below the normal ones,
        // infinity, and not-a-number whose only bits lie in the half that goes.
        let patterns: [UInt32] = [
            0, 0x8000_0000, 0x3F80_8000, 0x3F81_8000, 0x3F80_7FFF, 0x3F80_8001, 0x3FFF_FFFF, 0x7F7F_FFFF, 0x8000_8001,
            0x0001_8000, 0x7F80_0000, 0xFF80_0000, 0x7F80_0001, 0xFFFF_FFFF,
        ]
        var random = SeededRandom(seed: 8)
        let many = patterns.map { Float(bitPattern: $0) } + (0..<500).map { _ in random.normal() }
        for set in InstructionSet.supported {
            for width in [2, 14, 16, 18, many.count] {
                var words = [UInt32](repeating: 0, count: width)
                set.kernels.round(many, width, &words)
                let found =
                    set == .v4BF16
                    ? words.prefix(width / 2).flatMap { [$0 << 16, $0 & 0xFFFF_0000] } : words
                for (value, bits) in zip(many, found) {
                    if value.isNaN {
                        XCTAssertTrue(Float(bitPattern: bits).isNaN, "\(set)")
                    } else {
                        XCTAssertEqual(bits, Self.bfloat16(value).bitPattern, "\(set), \(value)")
                    }
                }
            }
        }
    }

    func testPackedRowsAreReadBackUnchanged() {
        let it = Case(outputs: 37, inputs: 24, rows: 1, seed: 1)
        for precision in [WeightPrecision.float32, .bfloat16] {
            let matrix = Matrix(it.weights, outputs: 37, inputs: 24, precision: precision, team: team)
            for row in 0..<37 {
                var found = [Float](repeating: 0, count: 24)
                found.withUnsafeMutableBufferPointer { matrix.copyRow(row, to: $0.baseAddress!) }
                let expected = it.weights[row * 24..<(row + 1) * 24]
                XCTAssertEqual(found, precision == .float32 ? Array(expected) : expected.map(Self.bfloat16))
            }
        }
    }

    func testLongPromptsThroughBLASAgreeWithTheExactProduct() throws {
        guard let blas = BLAS.shared else {
            throw XCTSkip("no OpenBLAS is installed; Tools/test installs it where it may")
        }
        if InstructionSet.supported.contains(.v3) {
            XCTAssertNotEqual(blas.core, "Prescott", "OpenBLAS fell back to its SSE3 kernels")
        }
        for precision in [WeightPrecision.float32, .bfloat16] {
            let it = Case(outputs: 1_100, inputs: 72, rows: 70, seed: 5)
            check(
                product(it, precision, .current, mode: .init(prefill: .blas)), it, precision,
                "BLAS \(precision.rawValue)")
            XCTAssertEqual(
                product(it, precision, .current, mode: .init(prefill: .blas, activations: .bfloat16)),
                product(
                    it, precision, .current,
                    mode: .init(prefill: precision == .float32 ? .blas : .exact, activations: .bfloat16)),
                "rows that are to be rounded are")
        }
    }
}

extension Matrix {
    /// Packs row-major weights.
    fileprivate init(_ weights: [Float], outputs: Int, inputs: Int, precision: WeightPrecision, team: ThreadTeam) {
        self.init(outputs: outputs, inputs: inputs, precision: precision, team: team) { row, precision, target in
            let floats = FloatBuffer(Array(weights[row * inputs..<(row + 1) * inputs]))
            switch precision {
            case .float32: target.copyMemory(from: floats.floats, byteCount: inputs * 4)
            case .bfloat16: floats.round(to: target.assumingMemoryBound(to: UInt16.self))
            }
        }
    }
}
