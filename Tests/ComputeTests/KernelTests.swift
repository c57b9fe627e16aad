import CPUFeatures
import Compute
import TestSupport
import XCTest

/// The kernels other than products, on every instruction set, against plain loops in `Double`.
final class KernelTests: XCTestCase {
    private let widths = [1, 2, 8, 15, 16, 17, 31, 48, 72, 200, 896]

    private func forEachSet(_ body: (KernelTable, String) -> Void) {
        for set in InstructionSet.supported { body(set.kernels, set.rawValue) }
    }

    private func values(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in random.normal() * scale }
    }

    func testNormAgreesWithDouble() {
        forEachSet { kernels, name in
            for width in widths {
                let (input, weight) = (values(width, seed: 1), values(width, seed: 2))
                var output = [Float](repeating: 7, count: width + 1)
                kernels.normalize(input, weight, width, 1e-5, &output)
                let meanSquare = input.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(width)
                for index in 0..<width {
                    let exact = Double(input[index]) / (meanSquare + 1e-5).squareRoot() * Double(weight[index])
                    XCTAssertEqual(Double(output[index]), exact, accuracy: 1e-6 * max(1, abs(exact)), name)
                }
                XCTAssertEqual(output[width], 7, "\(name) writes beyond the row")
            }
        }
    }

    func testRotationAgreesWithDouble() {
        forEachSet { kernels, name in
            for half in [1, 4, 10, 16, 20, 33, 64] {
                let head = values(2 * half, seed: 3)
                let angles = values(half, seed: 4, scale: 3).map(Double.init)
                let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
                var turned = head + [7]
                kernels.rotate(&turned, 2 * half, cosines, sines)
                for index in 0..<half {
                    let (x, y) = (Double(head[index]), Double(head[half + index]))
                    let angle = angles[index]
                    XCTAssertEqual(Double(turned[index]), x * cos(angle) - y * sin(angle), accuracy: 1e-6, name)
                    XCTAssertEqual(Double(turned[half + index]), y * cos(angle) + x * sin(angle), accuracy: 1e-6, name)
                }
                XCTAssertEqual(turned[2 * half], 7, "\(name) writes beyond the head")
            }
        }
    }

    func testGateAgreesWithDoubleFromTheSmallestToTheLargest() {
        forEachSet { kernels, name in
            for width in widths {
                var gates = values(width, seed: 5, scale: 6)
                let extremes: [Float] = [-200, -88, -20, -1e-30, 0, 1e-30, 20, 88, 200]
                for (index, extreme) in extremes.enumerated() where index < width { gates[index] = extreme }
                let ups = values(width, seed: 6)
                var found = gates + [7]
                kernels.gate(&found, ups, width)
                for index in 0..<width {
                    let gate = Double(gates[index])
                    let exact = gate / (1 + exp(-gate)) * Double(ups[index])
                    XCTAssertEqual(Double(found[index]), exact, accuracy: 1e-6 * abs(exact) + 1e-33, name)
                }
                XCTAssertEqual(found[width], 7, "\(name) writes beyond the row")
            }
        }
    }

    func testAdditionIsExact() {
        forEachSet { kernels, name in
            for width in widths {
                let (left, right) = (values(width, seed: 8), values(width, seed: 9))
                var sum = left
                kernels.add(&sum, right, width)
                XCTAssertEqual(sum, zip(left, right).map { $0 + $1 }, name)
            }
        }
    }
}
