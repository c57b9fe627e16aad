import Synchronization

/// Things that several tasks collect, in the order in which they come.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    /// Adds one.
    func append(_ element: Element) { elements.withLock { $0.append(element) } }

    /// All so far.
    var all: [Element] { elements.withLock { $0 } }
}
