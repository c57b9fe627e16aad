/// Turns one head by its position's angles: see `KernelTable.rotate`.
func rotate(
    _ head: UnsafeMutablePointer<Float>, _ size: Int, _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>
) {
    let half = size / 2
    let whole = half / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
        let (first, second) = turned(
            load(head + index), load(head + half + index), load(cosines + index), load(sines + index))
        store(first, to: head + index)
        store(second, to: head + half + index)
    }
    let rest = half - whole
    guard rest > 0 else { return }
    let (first, second) = turned(
        load(head + whole, count: rest), load(head + half + whole, count: rest),
        load(cosines + whole, count: rest), load(sines + whole, count: rest))
    store(first, to: head + whole, count: rest)
    store(second, to: head + half + whole, count: rest)
}

/// (x·cos − y·sin, y·cos + x·sin), with both products rounded.
@inline(__always)
private func turned(_ first: Vector, _ second: Vector, _ cosines: Vector, _ sines: Vector) -> (Vector, Vector) {
    (first * cosines - second * sines, second * cosines + first * sines)
}
