import CPUFeatures
import Compute
import TestSupport
import XCTest

@testable import Transformer

/// Keys and values in pages, in every precision, and the kernels that read them, on every instruction set, against plain
/// loops in `Double`.
final class PageAttentionTests: XCTestCase {
    /// Keys and values of one head in pages of their own.
    private final class Head {
        let layout: PageLayout
        let depths: Int
        private let buffer: FloatBuffer

        init(keys: [[Float]], values: [[Float]], precision: CachePrecision, poison: UInt8 = 0) {
            layout = PageLayout(layers: 1, keyValueHeads: 1, headSize: keys[0].count, precision: precision)
            depths = keys.count
            buffer = FloatBuffer(count: (depths + 15) / 16 * layout.bytesPerPage / 4)
            let bytes = (depths + 15) / 16 * layout.bytesPerPage
            UnsafeMutableRawPointer(buffer.floats).initializeMemory(as: UInt8.self, repeating: poison, count: bytes)
            for (depth, (key, value)) in zip(keys, values).enumerated() {
                layout.store(key: key, value: value, slot: depth % 16, head: page(depth / 16))
            }
        }

        func page(_ number: Int) -> UnsafeMutableRawPointer {
            UnsafeMutableRawPointer(buffer.floats) + number * layout.bytesPerPage
        }

        /// What lies in a word, as the layout's documentation has it.
        private func element(_ page: UnsafeMutableRawPointer, word: Int, part: Int, scale: Int) -> Double {
            switch layout.precision {
            case .float32: return Double(page.load(fromByteOffset: 4 * word, as: Float.self))
            case .bfloat16:
                let bits = page.load(fromByteOffset: 4 * word + 2 * part, as: UInt16.self)
                return Double(Float(bitPattern: UInt32(bits) << 16))
            case .int8:
                let integer = Int(page.load(fromByteOffset: 4 * word + part, as: UInt8.self)) - 128
                let scales = layout.bytesPerPage - 128
                return Double(page.load(fromByteOffset: scales + 4 * scale, as: Float.self)) * Double(integer)
            }
        }

        private var perWord: Int { [.float32: 1, .bfloat16: 2, .int8: 4][layout.precision]! }

        func key(_ depth: Int, _ index: Int) -> Double {
            let slot = depth % 16
            return element(page(depth / 16), word: index / perWord * 16 + slot, part: index % perWord, scale: slot)
        }

        func value(_ depth: Int, _ index: Int) -> Double {
            let (slot, keyWords) = (depth % 16, (layout.headSize + perWord - 1) / perWord * 16)
            return element(
                page(depth / 16), word: keyWords + slot / perWord * layout.valueStride + index, part: slot % perWord,
                scale: 16 + slot)
        }

        /// Attention to the depths from `first` on, page by page as a forward pass does it.
        func attend(_ kernels: KernelTable, queries: [Float], from first: Int = 0) -> [Float] {
            let (size, stride) = (layout.headSize, layout.valueStride)
            let count = queries.count / size
            let queries = FloatBuffer(queries)
            let maxima = FloatBuffer([Float](repeating: -.infinity, count: count))
            let (sums, weighted) = (FloatBuffer(count: count * 16), FloatBuffer(count: count * stride))
            let weights = FloatBuffer(count: 17 * count)
            let run = [
                .float32: kernels.attend_float32, .bfloat16: kernels.attend_bfloat16, .int8: kernels.attend_int8,
            ][
                layout.precision]!
            for number in first / 16..<(depths + 15) / 16 {
                let keys = page(number)
                let scales = (keys + layout.bytesPerPage - 128).assumingMemoryBound(to: Float.self)
                let isScaled = layout.precision == .int8
                var page = PageAttention(
                    queries: queries.floats, count: count, head_size: size, keys: keys,
                    key_scales: isScaled ? scales : nil, values: keys + layout.valueOffset,
                    value_scales: isScaled ? scales + 16 : nil, value_stride: stride,
                    first_depth: max(0, first - number * 16), depths: min(16, depths - number * 16),
                    maxima: maxima.floats, sums: sums.floats, weighted: weighted.floats, weights: weights.floats,
                    upcoming: nil, upcoming_bytes: 0)
                withExtendedLifetime(queries) { run(&page) }
            }
            return (0..<count).flatMap { query -> [Float] in
                let sum = (0..<16).reduce(0) { $0 + sums.floats[query * 16 + $1] }
                return (0..<size).map { weighted.floats[query * stride + $0] / sum }
            }
        }
    }

    private func forEachSet(_ body: (KernelTable, String) throws -> Void) rethrows {
        for set in InstructionSet.supported { try body(set.kernels, set.rawValue) }
    }

    private func values(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in random.normal() * scale }
    }

    private func head(_ size: Int, depths: Int, _ precision: CachePrecision, poison: UInt8 = 0) -> Head {
        let keys = (0..<depths).map { depth in values(size, seed: UInt64(100 + depth)) }
        let contents = (0..<depths).map { depth in values(size, seed: UInt64(1_000 + depth)) }
        return Head(keys: keys, values: contents, precision: precision, poison: poison)
    }

    // MARK: Storing

    private func check(_ stored: [Double], _ exact: [Float], _ precision: CachePrecision, _ name: String) {
        let largest = exact.reduce(0) { max($0, abs($1)) }
        for (stored, exact) in zip(stored, exact) {
            let halfStep: Double
            switch precision {
            case .float32: halfStep = 0
            case .bfloat16: halfStep = Double(abs(exact)) / 256
            case .int8: halfStep = Double(largest) / 254 * 1.000_01
            }
            XCTAssertEqual(stored, Double(exact), accuracy: halfStep, name)
        }
    }

    func testElementsAreStoredToHalfAStep() {
        for precision in CachePrecision.allCases {
            for size in [1, 4, 6, 20, 64] {
                let depths = 37
                let keys = (0..<depths).map { depth in
                    values(size, seed: UInt64(100 + depth), scale: Float(depth + 1))
                }
                let contents = (0..<depths).map { depth in
                    values(size, seed: UInt64(1_000 + depth), scale: 1 / Float(depth + 1))
                }
                let head = Head(keys: keys, values: contents, precision: precision)
                for depth in 0..<depths {
                    let name = "\(precision), depth \(depth), \(size) elements"
                    check((0..<size).map { head.key(depth, $0) }, keys[depth], precision, name)
                    check((0..<size).map { head.value(depth, $0) }, contents[depth], precision, name)
                }
            }
        }
    }

    func testAPageTakesTheMemoryOfItsPrecision() {
        let shapes = CachePrecision.allCases.map {
            PageLayout(layers: 24, keyValueHeads: 2, headSize: 64, precision: $0).bytesPerToken
        }
        XCTAssertEqual(shapes, [24 * 2 * 128 * 4, 24 * 2 * 128 * 2, 24 * 2 * (128 + 8)])
    }

    func testWhatIsNoNumberStaysNone() {
        for precision in CachePrecision.allCases {
            for wrong in [Float.nan, .infinity, -.infinity] {
                for place in [0, 7] {
                    var key = values(8, seed: 1)
                    key[place] = wrong
                    let head = Head(keys: [key], values: [key], precision: precision)
                    XCTAssertFalse(head.key(0, place).isFinite, "\(precision), \(wrong)")
                    XCTAssertFalse(head.value(0, place).isFinite, "\(precision), \(wrong)")
                }
            }
        }
    }

    func testZerosAndTheSmallestNumbersAreStored() {
        for tiny in [Float(0), .leastNonzeroMagnitude, 1e-38, -1e-36, 1e-30] {
            let head = Head(keys: [[tiny, 0]], values: [[0, tiny]], precision: .int8)
            XCTAssertEqual(head.key(0, 0), Double(tiny), accuracy: 1e-36)
            XCTAssertEqual(head.value(0, 1), Double(tiny), accuracy: 1e-36)
            XCTAssertEqual(head.key(0, 1), 0)
        }
    }

    // MARK: Attention

    private func check(_ kernels: KernelTable, _ head: Head, count: Int, from first: Int = 0, _ name: String) {
        let size = head.layout.headSize
        // Scaled, as the forward pass gives them.
        let queries = values(count * size, seed: 10, scale: 1 / Float(size).squareRoot())
        let found = head.attend(kernels, queries: queries, from: first)
        for query in 0..<count {
            let scores = (first..<head.depths).map { depth in
                (0..<size).reduce(0.0) { $0 + Double(queries[query * size + $1]) * head.key(depth, $1) }
            }
            let best = scores.max()!
            let weights = scores.map { exp($0 - best) }
            let sum = weights.reduce(0, +)
            for index in 0..<size {
                let exact = zip(weights, first..<head.depths).reduce(0.0) { $0 + $1.0 * head.value($1.1, index) } / sum
                XCTAssertEqual(Double(found[query * size + index]), exact, accuracy: 1e-6, name)
            }
        }
    }

    func testAttentionAgreesWithDoubleOverPartlyFilledPages() {
        // Every size of a tile is met, and several tiles.
        let tiles = (1...19).map { (48, 20, $0) }
        for (size, depths, count) in [(4, 1, 1), (20, 16, 3), (32, 17, 4), (6, 50, 7), (64, 33, 9)] + tiles {
            for precision in CachePrecision.allCases {
                let head = head(size, depths: depths, precision)
                forEachSet { kernels, name in
                    check(kernels, head, count: count, "\(name), \(precision), \(depths) × \(size), \(count) queries")
                }
            }
        }
    }

    func testAttentionToAWindowAgreesWithDouble() {
        for precision in CachePrecision.allCases {
            let head = head(20, depths: 40, precision)
            for first in [1, 3, 15, 16, 21, 39] {
                forEachSet { kernels, name in
                    check(kernels, head, count: 3, from: first, "\(name), \(precision), from \(first)")
                }
            }
        }
    }

    func testAQuerysBitsDependNeitherOnOtherQueriesNorOnSlotsBeyondItsDepth() {
        for precision in CachePrecision.allCases {
            let (size, depths) = (32, 21)
            let queries = values(19 * size, seed: 11)
            // Every float, bfloat16 and scale of these bytes is large.
            let (clean, poisoned) = (
                head(size, depths: depths, precision), head(size, depths: depths, precision, poison: 0x7F)
            )
            forEachSet { kernels, name in
                let alone = (0..<19).flatMap {
                    poisoned.attend(kernels, queries: Array(queries[$0 * size..<($0 + 1) * size]))
                }
                for count in 2...19 {
                    let together = clean.attend(kernels, queries: Array(queries.prefix(count * size)))
                    XCTAssertEqual(
                        together, Array(alone.prefix(count * size)), "\(name), \(precision), \(count) queries")
                }
            }
        }
    }
}
