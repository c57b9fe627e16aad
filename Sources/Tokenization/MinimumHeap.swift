/// A binary heap of numbers, the smallest first (Williams, 1964).
struct MinimumHeap {
    private var elements: [UInt64]

    /// Orders some numbers in linear time (Floyd, 1964).
    init(_ elements: [UInt64]) {
        self.elements = elements
        for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) { sink(from: index) }
    }

    /// The smallest number, or nil if there is none.
    var first: UInt64? { elements.first }

    /// Adds a number.
    mutating func insert(_ element: UInt64) {
        var index = elements.count
        elements.append(element)
        while index > 0, elements[(index - 1) / 2] > element {
            elements[index] = elements[(index - 1) / 2]
            index = (index - 1) / 2
        }
        elements[index] = element
    }

    /// Takes out the smallest number, or nil if there is none.
    mutating func popMinimum() -> UInt64? {
        guard let last = elements.popLast() else { return nil }
        guard let minimum = elements.first else { return last }
        elements[0] = last
        sink(from: 0)
        return minimum
    }

    private mutating func sink(from start: Int) {
        let element = elements[start]
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < elements.count else { break }
            if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
            guard elements[child] < element else { break }
            elements[index] = elements[child]
            index = child
        }
        elements[index] = element
    }
}
