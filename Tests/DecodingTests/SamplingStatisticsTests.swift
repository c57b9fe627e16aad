import TestSupport
import XCTest

/// Holds the statistics that judge the sampler against values computed with mpmath 1.3.0.
final class SamplingStatisticsTests: XCTestCase {
    func testUpperGammaIsAccurate() {
        for (a, x, expected) in references {
            XCTAssertEqual(ChiSquare.upperGamma(a, x), expected, accuracy: 1e-10 * expected, "Q(\(a), \(x))")
        }
        XCTAssertEqual(ChiSquare.upperGamma(3, 0), 1)
    }

    func testCriticalValuesOfTheTables() {
        XCTAssertEqual(ChiSquare.tail(3.841_458_820_694, degreesOfFreedom: 1), 0.05, accuracy: 1e-10)
        XCTAssertEqual(ChiSquare.tail(16.918_977_604_62, degreesOfFreedom: 9), 0.05, accuracy: 1e-10)
        XCTAssertEqual(ChiSquare.tail(92.010_023_614_132, degreesOfFreedom: 63), 0.01, accuracy: 1e-8)
    }

    func testRareCellsArePooled() {
        let test = ChiSquare(observed: [50, 46, 1, 1, 1, 1], probabilities: [0.5, 0.46, 0.01, 0.01, 0.01, 0.01])
        XCTAssertEqual(test.degreesOfFreedom, 1)
        XCTAssertEqual(test.statistic, 0, accuracy: 1e-12)
        XCTAssertEqual(ChiSquare(observed: [5, 1], probabilities: [1, 0]).pValue, 0)
    }

    func testValuesOfTrueHypothesesAreUniform() {
        var random = SeededRandom(seed: 4)
        var small = 0
        for _ in 0..<1000 {
            var counts = [Int](repeating: 0, count: 10)
            for _ in 0..<500 { counts[Int.random(in: 0..<10, using: &random)] += 1 }
            small += ChiSquare(observed: counts, probabilities: .init(repeating: 0.1, count: 10)).pValue < 0.1 ? 1 : 0
        }
        XCTAssertEqual(Double(small), 100, accuracy: 40)
    }

    private let references: [(Double, Double, Double)] = [
        (0.5, 0.1, 0.654720846018577), (0.5, 2.0, 0.04550026389635842), (1.0, 1.0, 0.36787944117144233),
        (1.0, 30.0, 9.357622968840175e-14), (2.5, 0.5, 0.9625657732472964), (3.5, 9.0, 0.011970002354029551),
        (4.5, 8.4594888023, 0.05000000000032798), (31.5, 20.0, 0.9895217674632926), (31.5, 32.5, 0.4068700121555521),
        (31.5, 46.005, 0.010000043690523146), (31.5, 120.0, 1.8107355643108074e-22),
        (127.5, 100.0, 0.9954254445419519), (127.5, 140.0, 0.13521533629933669), (500.0, 450.0, 0.9892827619087102),
        (500.0, 560.0, 0.004693165999294769), (2000.0, 2100.0, 0.013647467683370378),
    ]
}
