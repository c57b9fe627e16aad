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

    private func combined(_ other: PhaseTimes, _ combine: (Duration, Duration) -> Duration) -> PhaseTimes {
        var result = PhaseTimes()
        result.durations = zip(durations, other.durations).map(combine)
        return result
    }
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
