/// `gate = gate / (1 + e^−gate) · up`: see `KernelTable.gate`.
func gate(_ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, _ count: Int) {
    let whole = count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
        store(gated(load(gate + index), load(up + index)), to: gate + index)
    }
    let rest = count - whole
    guard rest > 0 else { return }
    store(gated(load(gate + whole, count: rest), load(up + whole, count: rest)), to: gate + whole, count: rest)
}

@inline(__always)
private func gated(_ gate: Vector, _ up: Vector) -> Vector {
    gate / (exponential(-gate) + 1) * up
}

/// `target += source`: see `KernelTable.add`.
func add(_ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int) {
    let whole = count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
        store(load(target + index) + load(source + index), to: target + index)
    }
    for index in whole..<count { target[index] += source[index] }
}
