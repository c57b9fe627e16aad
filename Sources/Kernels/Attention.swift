import CPUFeatures

// Attention to a page in three steps, each over all queries: scores, softmax, values. The softmax runs over pages in
// ascending depth and keeps its sums relative to the largest score so far (Milakov and Gimelshein, 2018;
// FlashAttention, 2022). A query's bits depend on its own scores and pages alone: tiles only choose how many queries
// share a loaded key or value.

/// Adds one page to the running softmax of several queries: see `KernelTable.attend`.
func attend(_ page: UnsafePointer<PageAttention>) {
    let page = page.pointee
    addScores(page)
    normalizeScores(page)
    addValues(page)
}

/// Sums of some queries, a vector each, held in registers.
private protocol QueryTile {
    static var queries: Int { get }
    /// Begins with what `first` gives for each query of the tile, counted from `query`.
    init(_ query: Int, _ first: (Int) -> Vector)
    /// Adds the vector times each query's factor.
    mutating func add(_ vector: Vector, _ factors: UnsafePointer<Float>, _ stride: Int)
    func forEach(_ query: Int, _ body: (Int, Vector) -> Void)
}

private struct OneSum: QueryTile {
    static var queries: Int { 1 }
    private var sum: Vector

    @inline(__always)
    init(_ query: Int, _ first: (Int) -> Vector) { sum = first(query) }

    @inline(__always)
    mutating func add(_ vector: Vector, _ factors: UnsafePointer<Float>, _ stride: Int) {
        accumulate(&sum, vector, Vector(repeating: factors.pointee))
    }

    @inline(__always)
    func forEach(_ query: Int, _ body: (Int, Vector) -> Void) { body(query, sum) }
}

/// Twice as many queries.
private struct TallerSums<Half: QueryTile>: QueryTile {
    static var queries: Int { 2 * Half.queries }
    private var upper: Half
    private var lower: Half

    @inline(__always)
    init(_ query: Int, _ first: (Int) -> Vector) {
        upper = Half(query, first)
        lower = Half(query + Half.queries, first)
    }

    @inline(__always)
    mutating func add(_ vector: Vector, _ factors: UnsafePointer<Float>, _ stride: Int) {
        upper.add(vector, factors, stride)
        lower.add(vector, factors + Half.queries * stride, stride)
    }

    @inline(__always)
    func forEach(_ query: Int, _ body: (Int, Vector) -> Void) {
        upper.forEach(query, body)
        lower.forEach(query + Half.queries, body)
    }
}

private typealias TwoSums = TallerSums<OneSum>
private typealias FourSums = TallerSums<TwoSums>
private typealias EightSums = TallerSums<FourSums>

/// The scores of all queries, in tiles of as many as fit into the registers beside a key and a factor, then of fewer.
@inline(__always)
private func addScores(_ page: PageAttention) {
    // The next page has 16 depths of keys and of values, 64 bytes for each element; even one tile takes a step for each.
    var upcoming = UpcomingLines(
        page.upcoming ?? page.keys, bytes: page.upcoming == nil ? 0 : (page.head_size + page.value_stride) * 64,
        steps: (page.count + 7) / 8 * page.head_size)
    var query = 0
    #if KERNELS_V4
    query = addScores(EightSums.self, page, from: query, &upcoming)
    #endif
    #if KERNELS_V3 || KERNELS_V4
    query = addScores(FourSums.self, page, from: query, &upcoming)
    #endif
    query = addScores(TwoSums.self, page, from: query, &upcoming)
    _ = addScores(OneSum.self, page, from: query, &upcoming)
}

/// The values of all queries, in the same tiles.
@inline(__always)
private func addValues(_ page: PageAttention) {
    var query = 0
    #if KERNELS_V4
    query = addValues(EightSums.self, page, from: query)
    #endif
    #if KERNELS_V3 || KERNELS_V4
    query = addValues(FourSums.self, page, from: query)
    #endif
    query = addValues(TwoSums.self, page, from: query)
    _ = addValues(OneSum.self, page, from: query)
}

/// Dot products of as many whole tiles of queries as fit with the sixteen keys of the page: lanes are depths. Returns
/// the first query that is left.
@inline(__always)
private func addScores<Tile: QueryTile>(
    _ tile: Tile.Type, _ page: PageAttention, from first: Int, _ upcoming: inout UpcomingLines
) -> Int {
    let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let isHidden =
        lanes .>= Int32(truncatingIfNeeded: page.depths) .| lanes .< Int32(truncatingIfNeeded: page.first_depth)
    var query = first
    while query + Tile.queries <= page.count {
        let elements = page.queries + query * page.head_size
        var scores = Tile(query) { _ in .zero }
        for index in 0..<page.head_size {
            upcoming.advance()
            scores.add(load(page.keys + index * 16), elements + index, page.head_size)
        }
        scores.forEach(query) { query, scores in
            store(scores.replacing(with: -.infinity, where: isHidden), to: page.weights + query * 16)
        }
        query += Tile.queries
    }
    return query
}

/// Turns scores into weights relative to the largest score so far, and puts in `kept` what earlier sums are worth now.
@inline(__always)
private func normalizeScores(_ page: PageAttention) {
    let (kept, totals) = (page.weights + 16 * page.count, page.weights + 17 * page.count)
    for query in 0..<page.count {
        let scores = load(page.weights + query * 16)
        let (before, best) = (page.maxima[query], largest(scores))
        let maximum = best > before ? best : before
        let weights = exponential(scores - maximum)
        store(weights, to: page.weights + query * 16)
        totals[query] = sum(weights)
        kept[query] = before - maximum
        page.maxima[query] = maximum
    }
    for query in stride(from: 0, to: page.count, by: 16) {
        let count = min(16, page.count - query)
        let factors = exponential(load(kept + query, count: count))
        store(factors, to: kept + query, count: count)
        let sums = load(page.sums + query, count: count) * factors + load(totals + query, count: count)
        store(sums, to: page.sums + query, count: count)
    }
}

/// Adds the values of the page, weighted, for as many whole tiles of queries as fit. Returns the first that is left.
@inline(__always)
private func addValues<Tile: QueryTile>(_ tile: Tile.Type, _ page: PageAttention, from first: Int) -> Int {
    let kept = page.weights + 16 * page.count
    var query = first
    while query + Tile.queries <= page.count {
        for index in stride(from: 0, to: page.value_stride, by: 16) {
            let weighted = page.weighted + index
            var sums = Tile(query) { query in
                load(weighted + query * page.value_stride) * Vector(repeating: kept[query])
            }
            for depth in page.first_depth..<page.depths {
                sums.add(
                    load(page.values + depth * page.value_stride + index), page.weights + query * 16 + depth, 16)
            }
            sums.forEach(query) { query, sum in store(sum, to: weighted + query * page.value_stride) }
        }
        query += Tile.queries
    }
    return query
}
