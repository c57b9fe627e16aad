public import JSON

/// How long a compute thread was busy with each phase of its work.
public struct PhaseTimes: Sendable, Hashable {
    private var durations = Array(repeating: Duration.zero, count: Trace.Phase.allCases.count)

    /// No time at all.
    public init() {}

    /// The time of one phase.
    public subscript(phase: Trace.Phase) -> Duration { durations[phase.place] }

    /// Adds to a phase.
    mutating func add(_ duration: Duration, to phase: Trace.Phase) { durations[phase.place] += duration }

    /// Phase by phase the sum.
    public static func + (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes { left.combined(right, +) }

    /// Phase by phase what was spent between two readings of the same thread.
    public static func - (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes { left.combined(right, -) }

    /// An object with the seconds of each phase.
    public var json: JSONValue {
        var object = JSONObject()
        for phase in Trace.Phase.allCases { object.set(phase.rawValue, .number(self[phase].seconds)) }
        return .object(object)
    }

    private func combined(_ other: PhaseTimes, _ combine: (Duration, Duration) -> Duration) -> PhaseTimes {
        var result = PhaseTimes()
        result.durations = zip(durations, other.durations).map(combine)
        return result
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Trace.Phase {
    fileprivate var place: Int {
        switch self {
        case .target: 0
        case .draft: 1
        case .reward: 2
        case .planning: 3
        case .choosing: 4
        }
    }
}
