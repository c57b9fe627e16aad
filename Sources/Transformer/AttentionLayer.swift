internal import CPUFeatures
internal import Compute
internal import Synchronization

/// Grouped-query attention (Ainslie et al., 2023) over the pages of each row's path.
struct AttentionLayer: Sendable {
    private let layer: Int
    private let hasWindow: Bool
    private let norm: FloatBuffer
    private let queryKeyValue: Linear
    private let queryNorm: FloatBuffer?
    private let keyNorm: FloatBuffer?
    private let output: Linear
    private let shape: ModelConfiguration

    init(
        _ configuration: ModelConfiguration, layer: Int, prefix: String, _ reader: WeightReader
    ) throws(LoadError) {
        self.layer = layer
        hasWindow = configuration.slidingWindow?.layers.contains(layer) ?? false
        shape = configuration
        let size = configuration.headSize
        let prefixed = prefix + "self_attn."
        norm = try reader.vector(prefix + "input_layernorm.weight", count: configuration.width)
        queryKeyValue = try Linear(
            [
                .init(name: prefixed + "q_proj", outputs: configuration.heads * size),
                .init(name: prefixed + "k_proj", outputs: configuration.keyValueHeads * size),
                .init(name: prefixed + "v_proj", outputs: configuration.keyValueHeads * size),
            ], inputs: configuration.width, hasBias: configuration.hasQueryKeyValueBias, reader)
        let hasNorm = configuration.hasQueryKeyNorm
        queryNorm = hasNorm ? try reader.vector(prefixed + "q_norm.weight", count: size) : nil
        keyNorm = hasNorm ? try reader.vector(prefixed + "k_norm.weight", count: size) : nil
        output = try Linear(
            [.init(name: prefixed + "o_proj", outputs: configuration.width)], inputs: configuration.heads * size,
            hasBias: configuration.hasAttentionOutputBias, reader)
    }

    /// Adds the attention's result to every hidden state of the pass.
    func apply(_ pass: ForwardPass) {
        let buffers = pass.buffers
        pass.normalize(weight: norm, epsilon: shape.normEpsilon)
        queryKeyValue.apply(
            buffers.normed, stride: shape.width, into: buffers.projected, stride: projectedWidth, pass)
        pass.forEachRow(work: 4 * projectedWidth) { row in place(row, pass) }
        if let meter = pass.arithmetic.meter {
            meter.measureAttention { attend(pass) }
        } else {
            _ = attend(pass)
        }
        output.apply(
            buffers.attended, stride: shape.heads * shape.headSize, into: buffers.normed, stride: shape.width, pass)
        pass.addToHidden(buffers.normed)
    }

    private var projectedWidth: Int { (shape.heads + 2 * shape.keyValueHeads) * shape.headSize }
    /// Heads of queries that share a head of keys and values.
    private var group: Int { shape.heads / shape.keyValueHeads }

    /// Norms and turns queries and keys of a row; stores keys and values in their slot, and the queries, scaled, beside
    /// those of the other rows that read the same head of keys, in the plan's order.
    private func place(_ row: Int, _ pass: ForwardPass) {
        let size = shape.headSize
        let projected = pass.buffers.projected + row * projectedWidth
        let place = pass.plan.places[row]
        for head in 0..<shape.heads {
            let query = projected + head * size
            turn(query, norm: queryNorm, row, pass)
            let target =
                pass.buffers.queries + ((head / group * pass.rows + place) * group + head % group) * size
            let scale = 1 / Float(size).squareRoot()
            for index in 0..<size { target[index] = query[index] * scale }
        }
        let (page, slot) = pass.slot(of: row)
        for head in 0..<shape.keyValueHeads {
            let key = projected + (shape.heads + head) * size
            turn(key, norm: keyNorm, row, pass)
            pass.pages.layout.store(
                key: key, value: projected + (shape.heads + shape.keyValueHeads + head) * size, slot: slot,
                head: pass.pages.head(head, layer: layer, page: page))
        }
    }

    private func turn(_ head: UnsafeMutablePointer<Float>, norm: FloatBuffer?, _ row: Int, _ pass: ForwardPass) {
        let kernels = pass.arithmetic.kernels
        if let norm { kernels.normalize(head, norm.floats, shape.headSize, shape.normEpsilon, head) }
        let half = shape.headSize / 2
        kernels.rotate(
            head, shape.headSize, pass.buffers.cosines + row * half, pass.buffers.sines + row * half)
    }

    /// Attention of all rows, a head of keys and some of the rows at a time.
    ///
    /// - Returns: how many bytes of keys and values were read, and how much was computed with them.
    private func attend(_ pass: ForwardPass) -> (bytes: Int, operations: Int) {
        let depths = Atomic(0)
        let products = Atomic(0)
        let work = max(1, pass.plan.meanDepth * shape.headSize * group * 2 * pass.rows)
        let parts = parts(of: pass)
        pass.arithmetic.team.split(shape.keyValueHeads * parts, atLeast: 1 + 16_384 * parts / work) { items in
            for item in items {
                let part = item % parts
                let places = part * pass.rows / parts..<(part + 1) * pass.rows / parts
                let read = attend(places, head: item / parts, pass)
                depths.wrappingAdd(read.depths, ordering: .relaxed)
                products.wrappingAdd(read.products, ordering: .relaxed)
            }
        }
        // A product of a query and a key, and of a weight and a value: multiplications and additions.
        return (
            depths.load(ordering: .relaxed) * pass.pages.layout.bytesPerHead / PageLayout.tokens,
            products.load(ordering: .relaxed) * 4 * group * shape.headSize
        )
    }

    /// In how many parts rows are taken: whoever takes some reads all their pages, so there are as few as keep all threads
    /// busy to the end, but no more than 64 rows to a part.
    private func parts(of pass: ForwardPass) -> Int {
        let threads = pass.arithmetic.team.count
        let fewest =
            shape.keyValueHeads % threads == 0 ? 1 : (4 * threads + shape.keyValueHeads - 1) / shape.keyValueHeads
        return min(pass.rows, max(fewest, (pass.rows + 63) / 64))
    }

    /// Attention of the rows in some places to one head of keys, page by page in ascending depth: a page that they
    /// share is read once for all of them.
    ///
    /// - Returns: how many depths were read, and for how many rows, each of which counts.
    private func attend(_ places: Range<Int>, head: Int, _ pass: ForwardPass) -> (depths: Int, products: Int) {
        var (depths, products) = (0, 0)
        let readings = hasWindow ? pass.plan.windowReadings : pass.plan.readings
        let item = head * pass.rows
        pass.buffers.resetSoftmax((item + places.lowerBound) * group..<(item + places.upperBound) * group)
        for (index, reading) in readings.enumerated() {
            let own = reading.places.clamped(to: places)
            guard !own.isEmpty else { continue }
            let next = index + 1 < readings.count ? readings[index + 1].page : nil
            attend(reading, own, head: head, upcoming: next, pass)
            depths += reading.depths.count
            products += reading.depths.count * own.count
        }
        for place in places { finish(place, of: pass.plan.rows[place], head: head, pass) }
        return (depths, products)
    }

    private func attend(
        _ reading: AttentionPlan.Reading, _ places: Range<Int>, head: Int, upcoming: Int?, _ pass: ForwardPass
    ) {
        let query = (head * pass.rows + places.lowerBound) * group
        let layout = pass.pages.layout
        let keys = pass.pages.head(head, layer: layer, page: reading.page)
        func scales(_ offset: Int?) -> UnsafePointer<Float>? {
            offset.map { UnsafePointer((keys + $0).assumingMemoryBound(to: Float.self)) }
        }
        var attention = PageAttention(
            queries: pass.buffers.queries + query * shape.headSize, count: places.count * group,
            head_size: shape.headSize, keys: keys, key_scales: scales(layout.keyScaleOffset),
            values: keys + layout.valueOffset, value_scales: scales(layout.valueScaleOffset),
            value_stride: layout.valueStride, first_depth: reading.depths.lowerBound,
            depths: reading.depths.upperBound, maxima: pass.buffers.maxima + query,
            sums: pass.buffers.sums + query * PageLayout.tokens,
            weighted: pass.buffers.weighted + query * layout.valueStride, weights: pass.buffers.weights + query * 17,
            upcoming: upcoming.map { UnsafeRawPointer(pass.pages.head(head, layer: layer, page: $0)) },
            upcoming_bytes: upcoming == nil ? 0 : layout.bytesPerHead)
        pass.attend(&attention)
    }

    /// Divides by the sum of exponentials and moves the heads of a row side by side.
    private func finish(_ place: Int, of row: Int, head: Int, _ pass: ForwardPass) {
        let size = shape.headSize
        for member in 0..<group {
            let query = (head * pass.rows + place) * group + member
            let weighted = pass.buffers.weighted + query * pass.pages.layout.valueStride
            let target = pass.buffers.attended + (row * shape.heads + head * group + member) * size
            let sums = pass.buffers.sums + query * PageLayout.tokens
            let sum = (0..<PageLayout.tokens).reduce(0) { $0 + sums[$1] }
            for index in 0..<size { target[index] = weighted[index] / sum }
        }
    }
}
