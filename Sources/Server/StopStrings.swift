/// Ends a text at the string that is complete first, of those that are so together at the longest; it is left out, and what may
/// be the beginning of one is held back.
struct StopStrings: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// Whether one of them came.
    private(set) var isComplete = false

    init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

    /// Adds what came, in whole characters, and gives back what is sure to belong to the text.
    mutating func append(_ text: String) -> String {
        guard !isComplete else { return "" }
        held += text.utf8
        let found = stops.compactMap { stop in held.firstIndex(of: stop).map { (end: $0 + stop.count, start: $0) } }
        if let first = found.min(by: <) {
            isComplete = true
            return String(decoding: held[..<first.start], as: UTF8.self)
        }
        let safe = held.count - (stops.map { held.overlap(with: $0) }.max() ?? 0)
        defer { held.removeFirst(safe) }
        return String(decoding: held[..<safe], as: UTF8.self)
    }

    /// What was held back, once nothing follows.
    mutating func finish() -> String {
        defer { held.removeAll() }
        return isComplete ? "" : String(decoding: held, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Where a run of bytes begins, or nil.
    fileprivate func firstIndex(of run: [UInt8]) -> Int? {
        guard count >= run.count else { return nil }
        return (0...count - run.count).first { self[$0..<$0 + run.count].elementsEqual(run) }
    }

    /// How many bytes at the end are the beginning of a run that goes on.
    fileprivate func overlap(with run: [UInt8]) -> Int {
        (0..<Swift.min(count + 1, run.count)).last { suffix($0).elementsEqual(run.prefix($0)) } ?? 0
    }
}
