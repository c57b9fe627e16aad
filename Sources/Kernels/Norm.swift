/// Root-mean-square norm of one row: see `KernelTable.normalize`.
func normalize(
    _ input: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ width: Int, _ epsilon: Float,
    _ output: UnsafeMutablePointer<Float>
) {
    let whole = width / 16 * 16
    var squares = Vector.zero
    for index in stride(from: 0, to: whole, by: 16) {
        let values = load(input + index)
        accumulate(&squares, values, values)
    }
    if whole < width {
        let values = load(input + whole, count: width - whole)
        accumulate(&squares, values, values)
    }
    let meanSquare = sum(squares) / Float(width) + epsilon
    let scale = 1 / meanSquare.squareRoot()
    for index in stride(from: 0, to: whole, by: 16) {
        store(load(input + index) * scale * load(weight + index), to: output + index)
    }
    for index in whole..<width { output[index] = input[index] * scale * weight[index] }
}
