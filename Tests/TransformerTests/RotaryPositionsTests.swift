import Transformer
import XCTest

/// Frequencies of published models, as `transformers` 5.23 computes them in float32.
final class RotaryPositionsTests: XCTestCase {
    /// Fails unless each frequency is the expected one, or its neighbour: powers differ in their last bit.
    private func check(
        _ rotary: RotaryPositions, headSize: Int, _ expected: [Int: Float], file: StaticString = #filePath,
        line: UInt = #line
    ) {
        let found = rotary.frequencies(headSize: headSize)
        XCTAssertEqual(found.count, headSize / 2, file: file, line: line)
        for (pair, frequency) in expected {
            XCTAssertLessThanOrEqual(
                abs(found[pair] - frequency), frequency.ulp, "pair \(pair): \(found[pair]), expected \(frequency)",
                file: file, line: line)
        }
    }

    func testPlainFrequenciesAreThoseOfTransformers() {
        check(
            RotaryPositions(theta: 10_000, scaling: .none), headSize: 20,
            [0: 1, 1: 0.3981071710586548, 5: 0.009999999776482582, 9: 0.0002511886996217072])
        check(
            RotaryPositions(theta: 1_000_000, scaling: .none), headSize: 128,
            [
                0: 1, 1: 0.8058422207832336, 31: 0.0012409378541633487, 32: 0.0010000000474974513,
                62: 1.5399265294036013e-06, 63: 1.2409377632138785e-06,
            ])
    }

    func testScaledFrequenciesAreThoseOfTransformers() {
        // Llama 3.1: 28 pairs are kept, 7 blended, the others divided by 8.
        let llama31 = RotaryPositions.Scaling.llama3(
            factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192)
        check(
            RotaryPositions(theta: 500_000, scaling: llama31), headSize: 128,
            [
                0: 1, 1: 0.8146172165870667, 27: 0.003942275885492563, 28: 0.0032114461064338684,
                29: 0.0021665706299245358, 31: 0.0008567514596506953, 34: 0.0001785077911335975,
                35: 9.556212171446532e-05, 36: 7.784655463183299e-05, 63: 3.068925877869333e-07,
            ])
        // Llama 3.2: divided by 32.
        let llama32 = RotaryPositions.Scaling.llama3(
            factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192)
        check(
            RotaryPositions(theta: 500_000, scaling: llama32), headSize: 64,
            [
                0: 1, 14: 0.0032114461064338684, 15: 0.0012905480107292533, 16: 0.000429556705057621,
                17: 9.708286233944818e-05, 18: 1.9461638657958247e-05, 31: 9.418306490260875e-08,
            ])
    }

    func testAFactorOfOneScalesNothing() {
        let scaling = RotaryPositions.Scaling.llama3(
            factor: 1, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192)
        let plain = RotaryPositions(theta: 10_000, scaling: .none).frequencies(headSize: 64)
        for (scaled, frequency) in zip(
            RotaryPositions(theta: 10_000, scaling: scaling).frequencies(headSize: 64), plain)
        {
            XCTAssertEqual(scaled, frequency, accuracy: 2 * frequency.ulp)
        }
    }
}
