import JSON
import TestSupport
import XCTest

@testable import Tokenization

/// Long pieces cost little more than their length, and give the same tokens as the plain method.
final class LongPieceTests: XCTestCase {
    func testTheQueueMergesAsThePlainMethodDoes() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let letters = Array("aehinorstd".utf8)
        for _ in 0..<100 {
            let piece = (0..<BytePairs.shortPiece + 1 + random.below(100)).map { _ in
                letters[random.below(letters.count)]
            }
            let tokens = tokenizer.encode(String(decoding: piece, as: UTF8.self))
            XCTAssertEqual(tokens, plainMerges(of: piece, in: tokenizer), String(decoding: piece, as: UTF8.self))
        }
    }

    /// In whatever order places come, also smaller ranks and earlier places while a rank is taken out.
    func testTheQueueGivesTheSmallestFirst() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            var queue = MergeQueue()
            var expected: [[Int]] = []
            for _ in 0..<400 {
                if random.below(5) < 3 {
                    let (rank, place) = (random.below(6), random.below(50))
                    queue.insert(place, rank: UInt64(rank))
                    expected.append([rank, place])
                } else {
                    expected.sort { $0.lexicographicallyPrecedes($1) }
                    let found = queue.popFirst()
                    XCTAssertEqual(found.map { [Int($0.rank), $0.place] }, expected.first)
                    expected = Array(expected.dropFirst())
                }
            }
        }
    }

    func testAHundredThousandEqualLettersTakeSeconds() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        for unit in ["e", "\u{1161}\u{301}\u{323}", " ", "!", "'", "<extra_0", "\n "] {
            let text = String(repeating: unit, count: 100_000)
            var tokens: [Int32] = []
            let duration = ContinuousClock().measure { tokens = tokenizer.encode(text, specialTokens: .parsed) }
            // Seconds in a debug build; whatever takes quadratic time takes many minutes.
            XCTAssertLessThan(duration, .seconds(60), unit)
            XCTAssertEqual(tokenizer.decode(tokens).count, text.count + "<|begin_of_text|><|eot_id|>".count, unit)
        }
    }

    /// Joins the neighbours whose merge comes first in the file, as often as there are some.
    private func plainMerges(of piece: [UInt8], in tokenizer: Tokenizer) -> [Int32] {
        var symbols = piece.map { String(decoding: [$0], as: UTF8.self) }
        while true {
            let ranks = zip(symbols, symbols.dropFirst()).map { Self.ranks["\($0) \($1)"] ?? .max }
            guard let best = ranks.min(), best < .max, let position = ranks.firstIndex(of: best) else { break }
            symbols.replaceSubrange(position...position + 1, with: [symbols[position] + symbols[position + 1]])
        }
        return symbols.compactMap { tokenizer.token(for: $0) }
    }

    private static let ranks: [String: Int] = {
        let merges = (try? TokenizerFixture.bundledFile())?["model"]?["merges"]?.array ?? []
        let names = merges.compactMap { merge in merge.array?.compactMap(\.string).joined(separator: " ") }
        return Dictionary(uniqueKeysWithValues: zip(names, 0...))
    }()
}
