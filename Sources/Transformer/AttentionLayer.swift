internal import CPUFeatures
internal import Compute

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
        attend(pass)
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

    /// Attention of all rows: one item of work for each pair of row and head of keys.
    private func attend(_ pass: ForwardPass) {
        let work = max(1, pass.plan.meanDepth * shape.headSize * group * 2)
        pass.arithmetic.team.split(shape.keyValueHeads * pass.rows, atLeast: 1 + 65_536 / work) { items in
            for head in items.lowerBound / pass.rows...(items.upperBound - 1) / pass.rows {
                let first = max(items.lowerBound, head * pass.rows) - head * pass.rows
                let end = min(items.upperBound, (head + 1) * pass.rows) - head * pass.rows
                attend(first..<end, head: head, pass)
            }
        }
    }

    /// Attention of the rows in some places to one head of keys, page by page in ascending depth: a page that they
    /// share is read once for all of them.
    private func attend(_ places: Range<Int>, head: Int, _ pass: ForwardPass) {
        let readings = hasWindow ? pass.plan.windowReadings : pass.plan.readings
        let item = head * pass.rows
        pass.buffers.resetSoftmax((item + places.lowerBound) * group..<(item + places.upperBound) * group)
        for (index, reading) in readings.enumerated() {
            let own = reading.places.clamped(to: places)
            guard !own.isEmpty else { continue }
            let next = index + 1 < readings.count ? readings[index + 1].page : nil
            attend(reading, own, head: head, upcoming: next, pass)
        }
        for place in places { finish(place, of: pass.plan.rows[place], head: head, pass) }
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
            depths: reading.depths.upperBound, maxima: pass.buffers.maxima + query, sums: pass.buffers.sums + query,
            weighted: pass.buffers.weighted + query * layout.valueStride, weights: pass.buffers.weights + query * 18,
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
            let sum = pass.buffers.sums[query]
            for index in 0..<size { target[index] = weighted[index] / sum }
        }
    }
}
