import CPUFeatures

// Attention to a page in three steps, each over all queries: scores, softmax, values. The softmax runs over pages in
// ascending depth and keeps its sums relative to the largest score so far (Milakov and Gimelshein, 2018;
// FlashAttention, 2022). A query's bits depend on its own scores and pages alone: tiles only choose how many queries
// share a loaded key or value.

/// Adds one page to the running softmax of several queries: see `KernelTable.attend_float32`.
func attend<Words: CacheWords>(_ words: Words.Type, _ page: UnsafePointer<PageAttention>) {
    let page = page.pointee
    // A tile takes a step for each element of the keys and of the values.
    var upcoming = UpcomingLines(
        page.upcoming ?? page.keys, bytes: page.upcoming_bytes,
        steps: (page.count + MostSums.queries - 1) / MostSums.queries * (page.head_size + page.value_stride))
    forEachTile(ScoreStep<Words>.self, page, &upcoming)
    normalizeScores(words, page)
    forEachTile(ValueStep<Words>.self, page, &upcoming)
}

/// What is done with a tile of queries.
private protocol TileStep {
    static func apply<Tile: QueryTile>(
        _ tile: Tile.Type, _ page: PageAttention, _ query: Int, _ upcoming: inout UpcomingLines)
}

/// Takes a step with all queries: the largest tiles, then one of just those that are left, as the chains of its sums
/// have to hide each other's latency.
@inline(__always)
private func forEachTile<Step: TileStep>(
    _ step: Step.Type, _ page: PageAttention, _ upcoming: inout UpcomingLines
) {
    var query = 0
    while page.count - query >= MostSums.queries {
        Step.apply(MostSums.self, page, query, &upcoming)
        query += MostSums.queries
    }
    switch page.count - query {
    #if KERNELS_V4
    case 7: Step.apply(SevenSums.self, page, query, &upcoming)
    case 6: Step.apply(SixSums.self, page, query, &upcoming)
    case 5: Step.apply(FiveSums.self, page, query, &upcoming)
    case 4: Step.apply(FourSums.self, page, query, &upcoming)
    #endif
    #if KERNELS_V3 || KERNELS_V4
    case 3: Step.apply(ThreeSums.self, page, query, &upcoming)
    case 2: Step.apply(TwoSums.self, page, query, &upcoming)
    #endif
    case 1: Step.apply(OneSum.self, page, query, &upcoming)
    default: break
    }
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

/// The queries of one tile, then those of another.
private struct Joined<First: QueryTile, Second: QueryTile>: QueryTile {
    static var queries: Int { First.queries + Second.queries }
    private var first: First
    private var second: Second

    @inline(__always)
    init(_ query: Int, _ begin: (Int) -> Vector) {
        first = First(query, begin)
        second = Second(query + First.queries, begin)
    }

    @inline(__always)
    mutating func add(_ vector: Vector, _ factors: UnsafePointer<Float>, _ stride: Int) {
        first.add(vector, factors, stride)
        second.add(vector, factors + First.queries * stride, stride)
    }

    @inline(__always)
    func forEach(_ query: Int, _ body: (Int, Vector) -> Void) {
        first.forEach(query, body)
        second.forEach(query + First.queries, body)
    }
}

private typealias TwoSums = Joined<OneSum, OneSum>
private typealias ThreeSums = Joined<TwoSums, OneSum>
private typealias FourSums = Joined<TwoSums, TwoSums>
private typealias FiveSums = Joined<FourSums, OneSum>
private typealias SixSums = Joined<FourSums, TwoSums>
private typealias SevenSums = Joined<FourSums, ThreeSums>
private typealias EightSums = Joined<FourSums, FourSums>

// As many as fit into the registers beside a key and a factor.
#if KERNELS_V4
private typealias MostSums = EightSums
#elseif KERNELS_V3
private typealias MostSums = FourSums
#else
private typealias MostSums = TwoSums
#endif

/// Dot products of the queries with the sixteen keys of the page: lanes are depths.
private enum ScoreStep<Words: CacheWords>: TileStep {
    @inline(__always)
    static func apply<Tile: QueryTile>(
        _ tile: Tile.Type, _ page: PageAttention, _ query: Int, _ upcoming: inout UpcomingLines
    ) {
        let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let isHidden =
            lanes .>= Int32(truncatingIfNeeded: page.depths) .| lanes .< Int32(truncatingIfNeeded: page.first_depth)
        let elements = page.queries + query * page.head_size
        var scores = Tile(query) { _ in .zero }
        for index in 0..<page.head_size {
            upcoming.advance()
            let keys = Words.floats(page.keys + index / Words.count * 64, index % Words.count)
            scores.add(keys, elements + index, page.head_size)
        }
        scores.forEach(query) { query, scores in
            let scaled = Words.scaled(scores, by: page.key_scales)
            store(scaled.replacing(with: -.infinity, where: isHidden), to: page.weights + query * 16)
        }
    }
}

/// Turns scores into weights relative to the largest score so far, and puts in `kept` what earlier sums are worth now.
///
/// What needs one number for each query is done for sixteen of them at once.
@inline(__always)
private func normalizeScores<Words: CacheWords>(_ words: Words.Type, _ page: PageAttention) {
    let kept = page.weights + 16 * page.count
    for first in stride(from: 0, to: page.count, by: 16) {
        let queries = first..<min(first + 16, page.count)
        for query in queries { kept[query] = largest(load(page.weights + query * 16)) }
        let before = load(page.maxima + first, count: queries.count)
        let best = load(kept + first, count: queries.count)
        let maxima = before.replacing(with: best, where: best .> before)
        store(maxima, to: page.maxima + first, count: queries.count)
        let factors = exponential(before - maxima)
        store(factors, to: kept + first, count: queries.count)
        for query in queries {
            var sums = exponential(load(page.weights + query * 16) - page.maxima[query])
            store(Words.scaled(sums, by: page.value_scales), to: page.weights + query * 16)
            accumulate(&sums, load(page.sums + query * 16), Vector(repeating: kept[query]))
            store(sums, to: page.sums + query * 16)
        }
    }
}

/// Adds the values of the page, weighted.
private enum ValueStep<Words: CacheWords>: TileStep {
    @inline(__always)
    static func apply<Tile: QueryTile>(
        _ tile: Tile.Type, _ page: PageAttention, _ query: Int, _ upcoming: inout UpcomingLines
    ) {
        let kept = page.weights + 16 * page.count
        for index in stride(from: 0, to: page.value_stride, by: 16) {
            let weighted = page.weighted + index
            var sums = Tile(query) { query in
                load(weighted + query * page.value_stride) * Vector(repeating: kept[query])
            }
            for depth in page.first_depth..<page.depths {
                upcoming.advance()
                let word = depth / Words.count * page.value_stride + index
                let values = Words.floats(page.values + 4 * word, depth % Words.count)
                sums.add(values, page.weights + query * 16 + depth, 16)
            }
            sums.forEach(query) { query, sum in store(sum, to: weighted + query * page.value_stride) }
        }
    }
}
