import Safetensors
import XCTest

/// The 16-bit formats against plain twins: `Float16` of the standard library, and rounding by search.
final class HalfWidthTests: XCTestCase {
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    func testEveryHalfWidensExactly() {
        for bits in UInt16.min...UInt16.max {
            let twin = Float16(bitPattern: bits)
            let found = Float(halfBits: bits)
            if twin.isNaN {
                XCTAssertTrue(found.isNaN)
            } else {
                XCTAssertEqual(found.bitPattern, Float(twin).bitPattern, "half \(bits)")
            }
        }
    }

    func testNarrowingToHalfEqualsFloat16() {
        for high in UInt32(0)...0xFFFF {
            // Around every tie of the upper half of the bits: below, on and above it.
            for low: UInt32 in [0, 1, 0x0FFF, 0x1000, 0x1001, 0x2FFF, 0x3000, 0x3001, 0x8000, 0xFFFF] {
                let value = Float(bitPattern: high << 16 | low)
                if value.isNaN { continue }
                XCTAssertEqual(value.halfBits, Float16(value).bitPattern, "bits \(value.bitPattern)")
            }
        }
    }
    #endif

    func testEveryHalfSurvivesTheRoundTrip() {
        for bits in UInt16.min...UInt16.max {
            let value = Float(halfBits: bits)
            if value.isNaN {
                XCTAssertTrue(Float(halfBits: value.halfBits).isNaN)
                XCTAssertEqual(value.halfBits, bits | 0x200, "NaN keeps sign and payload")
            } else {
                XCTAssertEqual(value.halfBits, bits)
            }
        }
    }

    func testBrainFloatRoundsToTheNearestTiesToEven() {
        for bits in UInt16.min...UInt16.max {
            let value = Float(bfloat16Bits: bits)
            if value.isNaN {
                XCTAssertEqual(value.bfloat16Bits, bits | 0x40)
                continue
            }
            XCTAssertEqual(value.bfloat16Bits, bits)
            guard value.isFinite else { continue }
            let pattern = value.bitPattern
            XCTAssertEqual(Float(bitPattern: pattern + 0x7FFF).bfloat16Bits, bits)
            XCTAssertEqual(Float(bitPattern: pattern + 0x8000).bfloat16Bits, bits + bits % 2)
            XCTAssertEqual(Float(bitPattern: pattern + 0x8001).bfloat16Bits, bits + 1)
        }
    }

    func testRoundingToOddAvoidsDoubleRounding() {
        // Just above a tie of bfloat16: Float rounds it onto the tie, and the tie then goes down to even.
        let value = 1.0 + 0x1p-8 + 0x1p-40
        XCTAssertEqual(Float(value).bfloat16Bits, 0x3F80)
        XCTAssertEqual(Float(roundingToOdd: value).bfloat16Bits, 0x3F81)
        XCTAssertEqual(Float(roundingToOdd: 65519.999999999).halfBits, 0x7BFF)
        XCTAssertEqual(Float(roundingToOdd: 65520.000000001).halfBits, 0x7C00)
        XCTAssertEqual(Float(roundingToOdd: -1e300).halfBits, 0xFC00)
        XCTAssertEqual(Float(roundingToOdd: -.infinity), -.infinity)
        XCTAssertEqual(Float(roundingToOdd: 0x1.000001p-25).halfBits, 1)
        XCTAssertEqual(Float(roundingToOdd: 1e-300).bitPattern, 1)
        XCTAssertTrue(Float(roundingToOdd: .nan).isNaN)
        XCTAssertEqual(Float(roundingToOdd: -0.0).bitPattern, 0x8000_0000)
    }
}
