import Decoding
import XCTest

@testable import CacheTree
@testable import Server

/// Metrics: the text format of Prometheus, with classes of durations that add up.
final class ServerMetricsTests: XCTestCase {
    func testTextHasAFamilyForEachFigure() {
        let metrics = ServerMetrics()
        metrics.note("/v1/completions", status: 200, seconds: 0.02)
        metrics.note("/v1/completions", status: 200, seconds: 5)
        metrics.note("/v1/completions", status: 429, seconds: 0.001)
        metrics.note(promptTokens: 7, completionTokens: 9)
        metrics.noteDisconnect()
        let text = metrics.text(
            CacheStatistics(), PhaseTimes(), loads: [("completion", Admission(running: 1, waiting: 1))])
        let lines = text.split(separator: "\n").map(String.init)
        for line in [
            "specsearch_requests_total{path=\"/v1/completions\",status=\"200\"} 2",
            "specsearch_requests_total{path=\"/v1/completions\",status=\"429\"} 1",
            "specsearch_request_seconds_bucket{path=\"/v1/completions\",le=\"0.01\"} 1",
            "specsearch_request_seconds_bucket{path=\"/v1/completions\",le=\"0.03\"} 2",
            "specsearch_request_seconds_bucket{path=\"/v1/completions\",le=\"10.0\"} 3",
            "specsearch_request_seconds_bucket{path=\"/v1/completions\",le=\"+Inf\"} 3",
            "specsearch_request_seconds_count{path=\"/v1/completions\"} 3",
            "specsearch_tokens_total{kind=\"prompt\"} 7", "specsearch_tokens_total{kind=\"completion\"} 9",
            "specsearch_disconnects_total 1", "specsearch_running{kind=\"completion\"} 0", "specsearch_kv_bytes 0",
        ] {
            XCTAssertTrue(lines.contains(line), "no \(line) in\n\(text)")
        }
        for line in lines where !line.hasPrefix("#") {
            XCTAssertNotNil(line.wholeMatch(of: /specsearch_[a-z_]+(\{[^}]*\})? [0-9.e+-]+/), line)
        }
    }
}
