import JSON
import XCTest

@testable import Transformer

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

    func testLinearFrequenciesAreThoseOfTransformers() {
        check(
            RotaryPositions(theta: 10_000, scaling: .linear(factor: 4)), headSize: 64,
            [
                0: 0.25, 1: 0.18747355043888092, 4: 0.07905694097280502, 8: 0.02500000037252903,
                10: 0.014058532193303108, 16: 0.0024999999441206455, 31: 3.333803761051968e-05,
            ])
    }

    func testDynamicFrequenciesAreThePlainOnes() {
        XCTAssertEqual(
            RotaryPositions(theta: 10_000, scaling: .dynamic).frequencies(headSize: 64),
            RotaryPositions(theta: 10_000, scaling: .none).frequencies(headSize: 64))
    }

    func testYarnFrequenciesAreThoseOfTransformers() throws {
        // Qwen2.5 and Qwen3 with their published setting.
        try checkYarn(
            ["factor": 4.0, "original_max_position_embeddings": 32768], theta: 1_000_000, headSize: 128,
            positions: 131_072, attentionFactor: 1.138629436111989,
            [
                0: 1, 1: 0.8058422207832336, 8: 0.17782793939113617, 16: 0.03162277862429619, 21: 0.010746078565716743,
                32: 0.0006029411451891065, 42: 2.8869548259535804e-05, 62: 3.8498163235090033e-07,
                63: 3.102344408034696e-07,
            ])
        try checkYarn(
            [
                "factor": 16.0, "original_max_position_embeddings": 256, "beta_fast": 16, "beta_slow": 2,
                "truncate": false,
            ], theta: 10_000, headSize: 64, positions: 4096, attentionFactor: 1.2772588722239782,
            [
                0: 1, 1: 0.7498942017555237, 4: 0.28535008430480957, 8: 0.03833049535751343, 10: 0.006960622034966946,
                16: 0.0006249999860301614, 31: 8.33450940262992e-06,
            ])
        try checkYarn(
            ["factor": 40.0, "original_max_position_embeddings": 4096, "mscale": 1.0, "mscale_all_dim": 0.707],
            theta: 10_000, headSize: 64, positions: 163_840, attentionFactor: 1.0857263992561355,
            [4: 0.3162277638912201, 16: 0.005500000435858965, 21: 0.0004149904125370085, 31: 3.3338035336782923e-06])
        try checkYarn(
            ["factor": 8.0, "original_max_position_embeddings": 128, "attention_factor": 1.5], theta: 10_000,
            headSize: 24, positions: 1024, attentionFactor: 1.5,
            [0: 1, 1: 0.3626241385936737, 3: 0.03437500074505806, 4: 0.005801985505968332, 11: 2.693042733881157e-05])
    }

    private func checkYarn(
        _ section: JSONValue, theta: Double, headSize: Int, positions: Int, attentionFactor: Float,
        _ expected: [Int: Float], line: UInt = #line
    ) throws {
        var section = try XCTUnwrap(section.object)
        section.set("rope_type", "yarn")
        let configuration = try ModelConfiguration(json: [
            "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 2,
            "head_dim": .integer(headSize), "intermediate_size": 64, "num_hidden_layers": 1, "vocab_size": 64,
            "max_position_embeddings": .integer(positions), "rope_theta": .number(theta),
            "rope_scaling": .object(section),
        ])
        check(configuration.rotary, headSize: headSize, expected, line: line)
        XCTAssertEqual(configuration.contextLength, positions, line: line)
        XCTAssertEqual(configuration.rotary.attentionFactor, attentionFactor, accuracy: attentionFactor.ulp, line: line)
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
