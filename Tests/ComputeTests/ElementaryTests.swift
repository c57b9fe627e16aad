import Compute
import Foundation
import TestSupport
import XCTest

/// Holds the elementary functions against references of 300 bits (mpmath 1.3.0), and against the C library.
final class ElementaryTests: XCTestCase {
    func testExponentialIsAccurate() {
        for (argument, expected) in Reference.exp {
            assertClose(Elementary.exp(argument), expected, "exp(\(argument))")
        }
    }

    func testLogarithmIsAccurate() {
        for (argument, expected) in Reference.log {
            assertClose(Elementary.log(argument), expected, "log(\(argument))")
        }
    }

    func testPowerIsAccurate() {
        for (base, exponent, expected) in Reference.pow {
            assertClose(Elementary.pow(base, exponent), expected, "pow(\(base), \(exponent))")
        }
    }

    func testSineAndCosineAreAccurate() {
        for (argument, sine, cosine) in Reference.sinAndCos {
            XCTAssertEqual(Elementary.sin(argument), sine, accuracy: 2e-16, "sin(\(argument))")
            XCTAssertEqual(Elementary.cos(argument), cosine, accuracy: 2e-16, "cos(\(argument))")
            XCTAssertEqual(Elementary.sin(-argument), -Elementary.sin(argument))
            XCTAssertEqual(Elementary.cos(-argument), Elementary.cos(argument))
        }
    }

    func testResultsThatAreNumbersAreExact() {
        for power in -1074...1023 {
            let value = Double(sign: .plus, exponent: power, significand: 1)
            XCTAssertEqual(Elementary.pow(2, Double(power)), value)
            XCTAssertEqual(Elementary.pow(value, 1), value)
        }
        for base in 1...100 {
            XCTAssertEqual(Elementary.pow(Double(base), 4), Double(base * base * base * base))
            XCTAssertEqual(Elementary.pow(Double(base * base), 0.5), Double(base))
        }
    }

    func testEdgesOfTheExponential() {
        XCTAssertEqual(Elementary.exp(0), 1)
        XCTAssertEqual(Elementary.exp(-0.0), 1)
        XCTAssertEqual(Elementary.exp(.infinity), .infinity)
        XCTAssertEqual(Elementary.exp(-.infinity), 0)
        XCTAssertTrue(Elementary.exp(.nan).isNaN)
        XCTAssertEqual(Elementary.exp(709.782712893384), 1.797693134862273e308, accuracy: 4e292)
        XCTAssertEqual(Elementary.exp(709.7827128933841), .infinity)
        XCTAssertEqual(Elementary.exp(1e308), .infinity)
        XCTAssertEqual(Elementary.exp(-745.1332191019411), .leastNonzeroMagnitude)
        XCTAssertEqual(Elementary.exp(-745.1332191019412), 0)
        XCTAssertEqual(Elementary.exp(-1e308), 0)
        XCTAssertEqual(Elementary.exp(-740), 85 * .leastNonzeroMagnitude, accuracy: .leastNonzeroMagnitude)
    }

    func testEdgesOfTheLogarithm() {
        XCTAssertEqual(Elementary.log(1), 0)
        XCTAssertEqual(Elementary.log(0), -.infinity)
        XCTAssertEqual(Elementary.log(-0.0), -.infinity)
        XCTAssertEqual(Elementary.log(.infinity), .infinity)
        XCTAssertTrue(Elementary.log(-1).isNaN)
        XCTAssertTrue(Elementary.log(-.infinity).isNaN)
        XCTAssertTrue(Elementary.log(.nan).isNaN)
    }

    func testEdgesOfThePower() {
        XCTAssertEqual(Elementary.pow(1, .infinity), 1)
        XCTAssertEqual(Elementary.pow(.infinity, 0), 1)
        XCTAssertEqual(Elementary.pow(2, .infinity), .infinity)
        XCTAssertEqual(Elementary.pow(0.5, .infinity), 0)
        XCTAssertEqual(Elementary.pow(2, -.infinity), 0)
        XCTAssertEqual(Elementary.pow(0.5, -.infinity), .infinity)
        XCTAssertEqual(Elementary.pow(.infinity, -2), 0)
        XCTAssertEqual(Elementary.pow(.infinity, 0.5), .infinity)
        XCTAssertEqual(Elementary.pow(10, 400), .infinity)
        XCTAssertEqual(Elementary.pow(10, -400), 0)
        XCTAssertEqual(Elementary.pow(Double(1).nextUp, .greatestFiniteMagnitude), .infinity)
        XCTAssertEqual(Elementary.pow(Double(1).nextDown, .greatestFiniteMagnitude), 0)
        for base in [0, -0.0, -2, Double.nan] { XCTAssertTrue(Elementary.pow(base, 2).isNaN) }
        XCTAssertTrue(Elementary.pow(2, .nan).isNaN)
    }

    func testEdgesOfSineAndCosine() {
        XCTAssertEqual(Elementary.sin(0), 0)
        XCTAssertEqual(Elementary.sin(-0.0), 0)
        XCTAssertEqual(Elementary.cos(0), 1)
        XCTAssertFalse(Elementary.sin(0x1p27).isNaN)
        for argument in [0x1.0000001p27, -0x1p30, .infinity, -.infinity, .nan] {
            XCTAssertTrue(Elementary.sin(argument).isNaN)
            XCTAssertTrue(Elementary.cos(argument).isNaN)
        }
    }

    func testRandomArgumentsAgreeWithTheCLibrary() {
        var random = SeededRandom(seed: 1)
        for round in 0..<20_000 {
            let width = [700.0, 20, 1][round % 3]
            let any = Double.random(in: -width...width, using: &random)
            assertWithinTwoUnits(Elementary.exp(any), Foundation.exp(any), "exp(\(any))")
            let positive = Foundation.exp(any)
            assertWithinTwoUnits(Elementary.log(positive), Foundation.log(positive), "log(\(positive))")
            let base = Foundation.exp(Double.random(in: -20...20, using: &random))
            let power = Double.random(in: -30...30, using: &random)
            assertWithinTwoUnits(
                Elementary.pow(base, power), Foundation.pow(base, power), "pow(\(base), \(power))")
            let angle = any * 10_000
            XCTAssertEqual(Elementary.sin(angle), Foundation.sin(angle), accuracy: 3e-16, "sin(\(angle))")
            XCTAssertEqual(Elementary.cos(angle), Foundation.cos(angle), accuracy: 3e-16, "cos(\(angle))")
        }
    }

    func testExponentialAndLogarithmNeverDecrease() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<20_000 {
            let argument = Double.random(in: -100...100, using: &random)
            XCTAssertLessThanOrEqual(Elementary.exp(argument), Elementary.exp(argument + 1e-13))
            let positive = Double.random(in: 1e-3...10, using: &random)
            XCTAssertLessThanOrEqual(Elementary.log(positive), Elementary.log(positive * 1.000_000_000_001))
        }
    }

    /// One unit in the last place from the rounded reference.
    private func assertClose(_ found: Double, _ expected: Double, _ what: String, line: UInt = #line) {
        XCTAssertEqual(found, expected, accuracy: expected.ulp, what, line: line)
    }

    private func assertWithinTwoUnits(_ found: Double, _ expected: Double, _ what: String, line: UInt = #line) {
        XCTAssertEqual(found, expected, accuracy: 2 * expected.ulp, what, line: line)
    }
}

/// Arguments, as the doubles they are, and the double nearest to the function's value there.
private enum Reference {
    static let exp: [(Double, Double)] = [
        (1e-300, 1.0), (9.313225746154785e-10, 1.0000000009313226), (-0.3465735902799727, 0.7071067811865475),
        (0.3465735902799726, 1.414213562373095), (0.5, 1.6487212707001282), (1.0, 2.718281828459045),
        (-1.0, 0.36787944117144233), (3.141592653589793, 23.140692632779267),
        (-5.880330046273894, 0.0027938630187724777), (10.25, 28282.541920334977), (-87.3, 1.2192470959520051e-38),
        (88.0, 1.6516362549940018e38), (709.7, 1.6549840276802644e308), (-708.3, 2.450295530965988e-308),
        (-36.7, 1.1518409493076097e-16),
    ]
    static let log: [(Double, Double)] = [
        (0x1p-1074, -744.4400719213812), (0x1.8p-1030, -713.5361308686355),
        (2.2250738585072014e-308, -708.3964185322641),
        (1.1102230246251565e-16, -36.7368005696771), (0.1, -2.3025850929940455),
        (0.3495765454260862, -1.0510327271936906), (0.5, -0.6931471805599453),
        (0.7071067811865475, -0.34657359027997275), (0.7071067811865477, -0.3465735902799724),
        (0.9999999999999999, -1.1102230246251565e-16), (1.0000000000000002, 2.2204460492503128e-16),
        (1.5, 0.4054651081081644), (2.0, 0.6931471805599453), (2.718281828459045, 1.0), (10.0, 2.302585092994046),
        (151936.0, 11.931214658529285), (1e300, 690.7755278982137),
    ]
    static let pow: [(Double, Double, Double)] = [
        (10000.0, -0.015625, 0.8659643233600653), (10000.0, -0.984375, 0.00011547819846894582),
        (500000.0, -0.5, 0.001414213562373095), (1000000.0, 0.984375, 805842.1877614819),
        (1000000.0, 0.25, 31.622776601683793), (0.5908122519543453, 900.0, 2.0162464412795214e-206),
        (0.9999999999999999, 1e16, 0.3294854695069476), (1.0000000000000002, -1e16, 0.10856067461621376),
        (0x1.8p-1030, 0.5, 1.1418205699535558e-155), (0x1p-1074, -0.9, 9.45352569147208e290),
        (1.7976931348623157e308, 0.999, 8.840174632999172e307),
    ]
    static let sinAndCos: [(Double, Double, Double)] = [
        (1e-300, 1e-300, 1.0), (9.313225746154785e-10, 9.313225746154785e-10, 1.0),
        (0.5, 0.479425538604203, 0.8775825618903728), (0.7853981633974483, 0.7071067811865475, 0.7071067811865476),
        (0.7853981633974484, 0.7071067811865476, 0.7071067811865475), (1.0, 0.8414709848078965, 0.5403023058681398),
        (1.5707963267948966, 1.0, 6.123233995736766e-17), (2.0, 0.9092974268256817, -0.4161468365471424),
        (3.141592653589793, 1.2246467991473532e-16, -1.0), (-4.5, 0.977530117665097, -0.2107957994307797),
        (22.0, -0.008851309290403876, -0.9999608263946371), (355.0, -3.014435335948845e-05, -0.999999999545659),
        (10000.0, -0.30561438888825215, -0.9521553682590148), (131071.0, -0.5752416837547893, -0.8179834993879491),
        (9999999.5, 0.8040340033005333, -0.5945833175733389), (16777215.0, -0.9482326677687481, -0.31757645973239707),
        (104308346.00646995, -0.7173849492452848, 0.6966769944503264),
    ]
}
