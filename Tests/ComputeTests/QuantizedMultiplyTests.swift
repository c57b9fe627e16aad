import CPUFeatures
import Compute
import TestSupport
import XCTest

/// Products with quantised weights against sums in `Double` over the same integers, on every instruction set.
final class QuantizedMultiplyTests: XCTestCase {
    private let team = ThreadTeam(threads: 2)

    private struct Case {
        var weights: [Float]
        var input: [Float]
        let outputs: Int
        let inputs: Int
        let rows: Int
        var inputStride: Int { inputs + 3 }
        var outputStride: Int { outputs + 5 }

        init(outputs: Int, inputs: Int, rows: Int, seed: UInt64) {
            var random = SeededRandom(seed: seed)
            (self.outputs, self.inputs, self.rows) = (outputs, inputs, rows)
            weights = (0..<outputs * inputs).map { _ in random.normal() }
            input = (0..<rows * (inputs + 3)).map { _ in random.normal() }
        }
    }

    private func matrix(_ it: Case, _ precision: WeightPrecision) -> Matrix {
        Matrix(outputs: it.outputs, inputs: it.inputs, precision: precision, team: team) { row, precision, target in
            XCTAssertEqual(precision, .float32)
            it.weights.withUnsafeBufferPointer {
                target.copyMemory(from: $0.baseAddress! + row * it.inputs, byteCount: it.inputs * 4)
            }
        }
    }

    private func product(
        _ it: Case, _ matrix: Matrix, _ set: InstructionSet, team: ThreadTeam? = nil
    ) -> [Float] {
        var output = [Float](repeating: .infinity, count: it.rows * it.outputStride)
        it.input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                matrix.multiply(
                    input.baseAddress!, inputStride: it.inputStride, rows: it.rows, into: output.baseAddress!,
                    outputStride: it.outputStride, arithmetic: Arithmetic(instructionSet: set, team: team ?? self.team))
            }
        }
        return output
    }

    /// A row as its kernel must round it: groups of 32 in steps of a 127th of the largest.
    private func rounded(_ row: ArraySlice<Float>) -> [Double] {
        let row = Array(row)
        return stride(from: 0, to: row.count, by: 32).flatMap { first in
            let group = row[first..<first + 32]
            let size = group.map(abs).max()!
            guard size > 1e-36 else { return [Double](repeating: 0, count: 32) }
            let steps = 127 / size
            return group.map { Double(($0 * steps).rounded(.toNearestOrEven)) * Double(size / 127) }
        }
    }

    private func read(_ matrix: Matrix) -> [[Float]] {
        (0..<matrix.outputs).map { output in
            var row = [Float](repeating: .nan, count: matrix.inputs)
            row.withUnsafeMutableBufferPointer { matrix.copyRow(output, to: $0.baseAddress!) }
            return row
        }
    }

    private func check(_ it: Case, _ precision: WeightPrecision, _ set: InstructionSet) {
        let matrix = matrix(it, precision)
        XCTAssertEqual(matrix.precision, precision)
        let (output, weights) = (product(it, matrix, set), read(matrix))
        let name = "\(set) \(precision.rawValue) \(it.outputs)×\(it.inputs), \(it.rows) rows"
        for row in 0..<it.rows {
            let input = rounded(it.input[row * it.inputStride..<row * it.inputStride + it.inputs])
            for column in 0..<it.outputs {
                let terms = zip(input, weights[column]).map { $0 * Double($1) }
                let (exact, size) = (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
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
        let shapes = [(1, 32), (15, 64), (16, 96), (17, 160), (33, 192), (70, 320)]
        for set in InstructionSet.supported {
            for precision in [WeightPrecision.int8, .int4] {
                for (number, (outputs, inputs)) in shapes.enumerated() {
                    for rows in [1, 2, 3, 5, 8, 17] {
                        let seed = UInt64(number * 100 + rows)
                        check(Case(outputs: outputs, inputs: inputs, rows: rows, seed: seed), precision, set)
                    }
                }
            }
        }
    }

    /// The largest products of bytes, groups of zeros, one outlier in each group, and very small and large numbers.
    func testExtremesAgreeWithDouble() {
        for set in InstructionSet.supported {
            for precision in [WeightPrecision.int8, .int4] {
                var it = Case(outputs: 20, inputs: 128, rows: 5, seed: 9)
                for index in it.weights.indices {
                    switch index / 128 % 5 {
                    case 0: it.weights[index] = 127
                    case 1: it.weights[index] = -127
                    case 2: it.weights[index] = index % 2 == 0 ? 8 : -8
                    case 3: it.weights[index] = index / 32 % 2 == 0 ? 0 : it.weights[index] * 1e-20
                    default: it.weights[index] *= index % 32 == 7 ? 1e4 : 1
                    }
                }
                for index in it.input.indices {
                    switch index / it.inputStride {
                    case 0: it.input[index] = 127
                    case 1: it.input[index] = -127
                    case 2: it.input[index] = index % 3 == 0 ? 1e15 : -1e15
                    case 3: it.input[index] = index / 40 % 2 == 0 ? 0 : it.input[index] * 1e-15
                    default: it.input[index] *= index % 32 == 3 ? 1e4 : 1
                    }
                }
                check(it, precision, set)
            }
        }
    }

    func testARowsBitsDoNotDependOnItsCompanyOrTheThreads() {
        let alone = ThreadTeam(threads: 1)
        for set in InstructionSet.supported {
            for precision in [WeightPrecision.int8, .int4] {
                let all = Case(outputs: 77, inputs: 288, rows: 64, seed: 7)
                let matrix = matrix(all, precision)
                let whole = product(all, matrix, set)
                XCTAssertEqual(whole, product(all, matrix, set, team: alone), "\(set): two threads against one")
                for rows in 1..<64 {
                    let few = Case(outputs: 77, inputs: 288, rows: rows, seed: 7)
                    XCTAssertEqual(Array(whole.prefix(rows * few.outputStride)), product(few, matrix, set), "\(rows)")
                }
            }
        }
    }

    func testWhatIsNoNumberStaysNone() {
        for set in InstructionSet.supported {
            for bad in [Float.nan, .infinity, -.infinity] {
                var it = Case(outputs: 3, inputs: 64, rows: 2, seed: 1)
                it.input[it.inputStride + 40] = bad
                let output = product(it, matrix(it, .int8), set)
                XCTAssertTrue(output[0..<3].allSatisfy(\.isFinite))
                XCTAssertTrue(output[it.outputStride..<it.outputStride + 3].allSatisfy(\.isNaN), "\(set) hides \(bad)")
            }
        }
    }

    /// A tenth less squared error than plain rounding with the extreme at 127 or −8.
    func testRoundingIsBetterThanPlain() {
        let it = Case(outputs: 40, inputs: 320, rows: 1, seed: 3)
        let (eight, four) = (read(matrix(it, .int8)), read(matrix(it, .int4)))
        var (found, plain, foundEight, plainEight) = (0.0, 0.0, 0.0, 0.0)
        for output in 0..<40 {
            for first in stride(from: 0, to: 320, by: 32) {
                let group = Array(it.weights[output * 320 + first..<output * 320 + first + 32])
                let size = group.map(abs).max()!
                for (index, weight) in group.enumerated() {
                    let error = Double(eight[output][first + index] - weight)
                    // No weight is cut off by more than two steps.
                    XCTAssertLessThanOrEqual(abs(error), Double(size) / 127 * 2.5)
                    foundEight += error * error
                    let plain = Double((weight * 127 / size).rounded() * size / 127 - weight)
                    plainEight += plain * plain
                    found += Double(four[output][first + index] - weight) * Double(four[output][first + index] - weight)
                }
                let scale = group.first { abs($0) == size }! / -8
                for weight in group {
                    let error = Double(min(7, max(-8, (weight / scale).rounded())) * scale - weight)
                    plain += error * error
                }
            }
        }
        XCTAssertLessThan(found, 0.9 * plain)
        XCTAssertLessThan(foundEight, 0.9 * plainEight)
    }

    func testEveryInstructionSetPacksTheSameBytes() {
        var random = SeededRandom(seed: 4)
        let groups = 21
        let weights = (0..<groups * 512).map { index -> Float in
            let (weight, isFifth) = (random.normal(), index / 16 % 32 == 5)
            switch index % 16 {
            case 0: return 0
            case 1: return isFifth ? .nan : weight
            case 2: return isFifth ? -.infinity : weight
            case 3: return weight * 1e37
            case 4: return weight * 1e-38
            case 5: return weight.sign == .minus ? -1 : 1
            default: return index / 512 % 3 == 0 ? weight * weight * weight : weight
            }
        }
        let found = InstructionSet.supported.map { set in
            [set.kernels.pack_int8, set.kernels.pack_int4].map { pack in
                var panel = [UInt32](repeating: 0x9999_9999, count: groups * 128)
                var scales = [UInt32](repeating: 0x9999_9999, count: (groups + 1) / 2 * 16)
                pack(weights, groups, &panel, &scales)
                let floats = scales.prefix(16).map { Float(bitPattern: $0 << 16) }
                XCTAssertTrue(floats[0] == 0 && floats[1].isNaN && floats[2].isNaN && floats[4] == 0)
                XCTAssertTrue(floats[3].isFinite && abs(floats[3]) > 1e35)
                XCTAssertTrue(scales.suffix(16).allSatisfy { $0 < 0x1_0000 }, "the scales of a group that is not there")
                return [panel, scales]
            }
        }
        for other in found.dropFirst() { XCTAssertEqual(other, found[0]) }
    }

    func testWidthsThatDoNotFitAreKeptWider() {
        let it = Case(outputs: 3, inputs: 48, rows: 1, seed: 2)
        let matrix = Matrix(outputs: 3, inputs: 48, precision: .int4, team: team) { row, precision, target in
            XCTAssertEqual(precision, .bfloat16)
            target.initializeMemory(as: UInt16.self, repeating: 0x3F80, count: 48)
        }
        XCTAssertEqual(matrix.precision, .bfloat16)
        XCTAssertEqual(product(it, matrix, .current)[0], it.input[0..<48].reduce(0, +), accuracy: 1e-4)
    }
}
