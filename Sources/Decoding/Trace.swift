public import JSON
internal import Synchronization

/// What a compute thread did and when, in the form that the trace viewers of Chrome and Perfetto read ("Trace Event
/// Format", complete events).
public final class Trace: Sendable {
    /// What a span of time was spent on.
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// A forward pass of the target model.
        case target
        /// A forward pass of the draft model.
        case draft
        /// A forward pass of a reward model.
        case reward
        /// Deciding which rows a pass has.
        case planning
        /// Choosing tokens from logits, and judging proposals.
        case choosing
    }

    private struct Event {
        let phase: Phase
        let start: Duration
        let duration: Duration
        let rows: Int
    }

    private struct State {
        var events: [Event] = []
        var totals = PhaseTimes()
        var dropped = 0
    }

    /// Events beyond so many are counted, but not kept: about 50 MB.
    private static let mostEvents = 1_000_000

    private let begin = ContinuousClock.now
    private let state = Mutex(State())

    /// Begins to record.
    public init() {}

    /// Notes how long something took, and how many rows it had.
    func add(_ phase: Phase, rows: Int, start: ContinuousClock.Instant, duration: Duration) {
        state.withLock { state in
            state.totals.add(duration, to: phase)
            if state.events.count < Trace.mostEvents {
                state.events.append(Event(phase: phase, start: start - begin, duration: duration, rows: rows))
            } else {
                state.dropped += 1
            }
        }
    }

    /// `{"traceEvents": […], "otherData": {"seconds": {…}, "dropped": n}}`: times of events are in microseconds.
    public var json: JSONValue {
        let state = state.withLock { $0 }
        let events = state.events.map { event -> JSONValue in
            [
                "name": .string(event.phase.rawValue), "ph": "X", "pid": 1, "tid": 1,
                "ts": .number(event.start / .microseconds(1)), "dur": .number(event.duration / .microseconds(1)),
                "args": ["rows": .integer(event.rows)],
            ]
        }
        var seconds = JSONObject()
        for phase in Phase.allCases {
            seconds.set(phase.rawValue, .number(state.totals[phase] / .seconds(1)))
        }
        return [
            "traceEvents": .array(events),
            "otherData": ["seconds": .object(seconds), "dropped": .integer(state.dropped)],
        ]
    }
}
