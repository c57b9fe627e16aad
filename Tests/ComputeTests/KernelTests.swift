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

    /// Attention over `depths` depths for `count` queries, page by page as a forward pass does it.
    private func attention(
        _ kernels: KernelTable, queries: [Float], keys: [[Float]], values: [[Float]], size: Int, poison: Float = 0
    ) -> [Float] {
        let (count, stride, depths) = (queries.count / size, (size + 15) / 16 * 16, keys.count)
        let queries = FloatBuffer(queries)
        let maxima = FloatBuffer([Float](repeating: -.infinity, count: count))
        let (sums, weighted) = (FloatBuffer(count: count), FloatBuffer(count: count * stride))
        let weights = FloatBuffer(count: 18 * count)
        for first in Swift.stride(from: 0, to: depths, by: 16) {
            let keyPage = FloatBuffer([Float](repeating: poison, count: size * 16))
            let valuePage = FloatBuffer([Float](repeating: poison, count: 16 * stride))
            for slot in 0..<min(16, depths - first) {
                for index in 0..<size {
                    keyPage.floats[index * 16 + slot] = keys[first + slot][index]
                    valuePage.floats[slot * stride + index] = values[first + slot][index]
                }
            }
            var page = PageAttention(
                queries: queries.floats, count: count, head_size: size, keys: keyPage.floats,
                values: valuePage.floats, value_stride: stride, first_depth: 0, depths: min(16, depths - first),
                maxima: maxima.floats, sums: sums.floats, weighted: weighted.floats, weights: weights.floats,
                upcoming: nil)
            withExtendedLifetime((queries, keyPage, valuePage)) { kernels.attend(&page) }
        }
        return (0..<count).flatMap { query in
            (0..<size).map { weighted.floats[query * stride + $0] / sums.floats[query] }
        }
    }

    func testAttentionAgreesWithDoubleOverPartlyFilledPages() {
        forEachSet { kernels, name in
            // Every size of a tile is met, and several tiles.
            let tiles = (1...19).map { (48, 20, $0) }
            for (size, depths, count) in [(4, 1, 1), (20, 16, 3), (32, 17, 4), (40, 50, 7), (64, 33, 9)] + tiles {
                // Scaled, as the forward pass gives them.
                let queries = values(count * size, seed: 10, scale: 1 / Float(size).squareRoot())
                let keys = (0..<depths).map { values(size, seed: UInt64(100 + $0)) }
                let depthValues = (0..<depths).map { values(size, seed: UInt64(1_000 + $0)) }
                let found = attention(kernels, queries: queries, keys: keys, values: depthValues, size: size)
                for query in 0..<count {
                    let scores = keys.map { key in
                        (0..<size).reduce(0.0) { $0 + Double(queries[query * size + $1]) * Double(key[$1]) }
                    }
                    let best = scores.max()!
                    let weights = scores.map { exp($0 - best) }
                    let sum = weights.reduce(0, +)
                    for index in 0..<size {
                        let exact = zip(weights, depthValues).reduce(0.0) { $0 + $1.0 * Double($1.1[index]) } / sum
                        XCTAssertEqual(Double(found[query * size + index]), exact, accuracy: 1e-6, name)
                    }
                }
            }
        }
    }

    func testAQuerysBitsDependNeitherOnOtherQueriesNorOnSlotsBeyondItsDepth() {
        forEachSet { kernels, name in
            let (size, depths) = (32, 21)
            let queries = values(19 * size, seed: 11)
            let keys = (0..<depths).map { values(size, seed: UInt64(200 + $0)) }
            let depthValues = (0..<depths).map { values(size, seed: UInt64(2_000 + $0)) }
            let alone = (0..<19).flatMap { query in
                attention(
                    kernels, queries: Array(queries[query * size..<(query + 1) * size]), keys: keys,
                    values: depthValues, size: size, poison: 1e30)
            }
            for count in 2...19 {
                let together = attention(
                    kernels, queries: Array(queries.prefix(count * size)), keys: keys, values: depthValues, size: size)
                XCTAssertEqual(together, Array(alone.prefix(count * size)), "\(name), \(count) queries")
            }
        }
    }
}
