import CPUFeatures

/// Adds one page to the running softmax of several queries: see `KernelTable.attend`.
///
/// The softmax runs over pages in ascending depth and keeps its sums relative to the largest score so far (Milakov and
/// Gimelshein, 2018; FlashAttention, 2022). A query's bits depend on its own scores and pages alone.
func attend(_ page: UnsafePointer<PageAttention>) {
    let page = page.pointee
    var query = 0
    while query + 4 <= page.count {
        let scores = scoresOfFour(page, query)
        absorb(page, query, scores.0)
        absorb(page, query + 1, scores.1)
        absorb(page, query + 2, scores.2)
        absorb(page, query + 3, scores.3)
        query += 4
    }
    while query < page.count {
        absorb(page, query, scoresOfOne(page, query))
        query += 1
    }
}

/// Dot products of one query with the sixteen keys of the page: lanes are depths.
@inline(__always)
private func scoresOfOne(_ page: PageAttention, _ query: Int) -> Vector {
    let elements = page.queries + query * page.head_size
    var scores = Vector.zero
    for index in 0..<page.head_size {
        accumulate(&scores, load(page.keys + index * 16), Vector(repeating: elements[index]))
    }
    return scores
}

/// The same for four queries at once: each key is loaded once for all of them.
@inline(__always)
private func scoresOfFour(_ page: PageAttention, _ query: Int) -> (Vector, Vector, Vector, Vector) {
    let size = page.head_size
    let elements = page.queries + query * size
    var (first, second, third, fourth) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    for index in 0..<size {
        let key = load(page.keys + index * 16)
        accumulate(&first, key, Vector(repeating: elements[index]))
        accumulate(&second, key, Vector(repeating: elements[size + index]))
        accumulate(&third, key, Vector(repeating: elements[2 * size + index]))
        accumulate(&fourth, key, Vector(repeating: elements[3 * size + index]))
    }
    return (first, second, third, fourth)
}

/// Merges the page's scores and values into the query's running softmax.
@inline(__always)
private func absorb(_ page: PageAttention, _ query: Int, _ scores: Vector) {
    let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let isHidden =
        lanes .>= Int32(truncatingIfNeeded: page.depths) .| lanes .< Int32(truncatingIfNeeded: page.first_depth)
    let visible = scores.replacing(with: -.infinity, where: isHidden)
    let before = page.maxima[query]
    let best = largest(visible)
    let maximum = best > before ? best : before
    let weights = exponential(visible - maximum)
    let kept = exponential(Vector(repeating: before - maximum))
    page.maxima[query] = maximum
    page.sums[query] = page.sums[query] * kept[0] + sum(weights)
    let weighted = page.weighted + query * page.value_stride
    for index in stride(from: 0, to: page.value_stride, by: 16) {
        var total = load(weighted + index) * kept
        for depth in page.first_depth..<page.depths {
            accumulate(
                &total, load(page.values + depth * page.value_stride + index), Vector(repeating: weights[depth]))
        }
        store(total, to: weighted + index)
    }
}
