import CacheTree
import Decoding
import Synchronization

/// What a server has done, in the text format of Prometheus (version 0.0.4).
final class ServerMetrics: Sendable {
    private struct Route: Hashable, Comparable {
        let path: String
        let status: Int

        static func < (left: Route, right: Route) -> Bool { (left.path, left.status) < (right.path, right.status) }
    }

    private struct Durations {
        var counts = [Int](repeating: 0, count: ServerMetrics.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private struct State {
        var requests: [Route: Int] = [:]
        var durations: [String: Durations] = [:]
        var disconnects = 0
        var promptTokens = 0
        var completionTokens = 0
    }

    /// Upper bounds of the classes of durations, in seconds.
    private static let bounds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]

    private let state = Mutex(State())

    /// Notes that a request was answered.
    func note(_ path: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[Route(path: path, status: status), default: 0] += 1
            state.durations[path, default: Durations()].count += 1
            state.durations[path, default: Durations()].sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound {
                state.durations[path, default: Durations()].counts[index] += 1
            }
        }
    }

    /// Notes that a client went away before it had its answer.
    func noteDisconnect() { state.withLock { $0.disconnects += 1 } }

    /// Notes tokens that were read and written.
    func note(promptTokens: Int, completionTokens: Int) {
        state.withLock { state in
            state.promptTokens += promptTokens
            state.completionTokens += completionTokens
        }
    }

    /// Everything, with what the models hold and what runs.
    func text(_ memory: CacheStatistics, _ times: PhaseTimes, loads: [(kind: String, Admission)]) -> String {
        let state = state.withLock { $0 }
        let names = loads.map { ($0.kind, $0.1.load) }
        return family(
            "requests_total", "counter", "Requests that were answered.",
            state.requests.sorted { $0.key < $1.key }.map {
                ("{path=\"\($0.key.path)\",status=\"\($0.key.status)\"}", "\($0.value)")
            })
            + durations(state)
            + family(
                "disconnects_total", "counter", "Clients that left before their answer.", [("", "\(state.disconnects)")]
            )
            + family(
                "tokens_total", "counter", "Tokens of completions.",
                [
                    ("{kind=\"prompt\"}", "\(state.promptTokens)"),
                    ("{kind=\"completion\"}", "\(state.completionTokens)"),
                ])
            + family("running", "gauge", "Requests that run.", names.map { ("{kind=\"\($0.0)\"}", "\($0.1.running)") })
            + family("waiting", "gauge", "Requests that wait.", names.map { ("{kind=\"\($0.0)\"}", "\($0.1.waiting)") })
            + family("kv_bytes", "gauge", "KV memory in use.", [("", "\(memory.bytesInUse)")])
            + family("kv_bytes_peak", "gauge", "The most KV memory that was in use.", [("", "\(memory.peakBytes)")])
            + family(
                "kv_bytes_unshared", "gauge", "What live paths would take without sharing.",
                [("", "\(memory.unsharedBytes)")])
            + family("kv_pages_evicted_total", "counter", "Pages that were evicted.", [("", "\(memory.pagesEvicted)")])
            + family(
                "tokens_recomputed_total", "counter", "Tokens computed again.", [("", "\(memory.tokensRecomputed)")])
            + family(
                "compute_seconds_total", "counter", "Time of the compute thread.",
                Trace.Phase.allCases.map {
                    ("{phase=\"\($0.rawValue)\"}", "\(times[$0].seconds)")
                })
    }

    private func durations(_ state: State) -> String {
        var samples: [(String, String)] = []
        for (path, durations) in state.durations.sorted(by: { $0.key < $1.key }) {
            for (bound, count) in zip(Self.bounds, durations.counts) {
                samples.append(("_bucket{path=\"\(path)\",le=\"\(bound)\"}", "\(count)"))
            }
            samples.append(("_bucket{path=\"\(path)\",le=\"+Inf\"}", "\(durations.count)"))
            samples.append(("_sum{path=\"\(path)\"}", "\(durations.sum)"))
            samples.append(("_count{path=\"\(path)\"}", "\(durations.count)"))
        }
        return family("request_seconds", "histogram", "Time until a request was answered.", samples)
    }

    private func family(
        _ name: String, _ type: String, _ help: String, _ samples: [(suffix: String, value: String)]
    ) -> String {
        let lines = samples.map { "specsearch_\(name)\($0.suffix) \($0.value)\n" }.joined()
        return "# HELP specsearch_\(name) \(help)\n# TYPE specsearch_\(name) \(type)\n" + lines
    }
}
