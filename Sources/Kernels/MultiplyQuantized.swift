import CPUFeatures

// Matrix products of rows in 8 bits with weights in 8 or 4, in groups of 32 inputs. As in `Multiply.swift`, the lanes of
// a vector are outputs. Within a group the sum is an exact integer; groups are added up in ascending order as floats,
// each times the scales of its weights and of its row. Weights are stored without sign, and what that adds is taken off
// where a group's sum begins.

/// How the weights of one group lie in a panel: 16 outputs × 32 inputs.
private protocol QuantizedFormat {
    static var groupBytes: Int { get }
    /// How many inputs a step of 64 bytes holds of each output, in fours.
    static var fours: Int { get }
    /// The weights of four inputs of a step.
    static func weights(_ step: WeightBytes, four: Int) -> WeightBytes
}

private enum Int8Group: QuantizedFormat {
    static var groupBytes: Int { 512 }
    static var fours: Int { 1 }

    @inline(__always)
    static func weights(_ step: WeightBytes, four: Int) -> WeightBytes { step }
}

/// The first four inputs are in the low halves of bytes.
private enum Int4Group: QuantizedFormat {
    static var groupBytes: Int { 256 }
    static var fours: Int { 2 }

    @inline(__always)
    static func weights(_ step: WeightBytes, four: Int) -> WeightBytes {
        (four == 0 ? step : step &>> 4) & 0x0F0F_0F0F
    }
}

/// Where the groups of a tile's rows lie.
private struct RowGroups {
    var bytes: UnsafePointer<Int8>
    var scales: UnsafePointer<Float>
    var starts: UnsafePointer<Int32>
    /// Groups of a row.
    let count: Int

    @inline(__always)
    func row(_ row: Int) -> RowGroups {
        RowGroups(
            bytes: bytes + row * count * 32, scales: scales + row * count, starts: starts + row * count, count: count)
    }

    @inline(__always)
    mutating func advance() {
        bytes += 32
        scales += 1
        starts += 1
    }
}

/// Vectors of two neighbouring panels.
private struct Pair<Element> {
    var left: Element
    var right: Element
}

/// Sums of some rows times two panels, held in registers.
private protocol QuantizedTile {
    static var rows: Int { get }
    init()
    /// Begins a group.
    mutating func begin(_ rows: RowGroups)
    /// Adds the products of four inputs, number `four` of the group.
    mutating func add(_ weights: Pair<WeightBytes>, _ rows: RowGroups, four: Int)
    /// Ends a group whose weights have these scales.
    mutating func end(_ scales: Pair<Vector>, _ rows: RowGroups)
    /// Writes the sums; the panels have so many outputs.
    func store(_ output: Pair<UnsafeMutablePointer<Float>>, _ stride: Int, lanes: Pair<Int>)
}

private struct OneQuantizedRow: QuantizedTile {
    static var rows: Int { 1 }
    private var group = Pair(left: IntegerSums.zero, right: IntegerSums.zero)
    private var sums = Pair(left: Vector.zero, right: Vector.zero)

    @inline(__always)
    mutating func begin(_ rows: RowGroups) {
        group.left = IntegerSums(repeating: rows.starts.pointee)
        group.right = group.left
    }

    @inline(__always)
    mutating func add(_ weights: Pair<WeightBytes>, _ rows: RowGroups, four: Int) {
        let bytes = InputBytes(rows.bytes + 4 * four)
        bytes.add(weights.left, to: &group.left)
        bytes.add(weights.right, to: &group.right)
    }

    @inline(__always)
    mutating func end(_ scales: Pair<Vector>, _ rows: RowGroups) {
        let scale = Vector(repeating: rows.scales.pointee)
        accumulate(&sums.left, float(group.left), scales.left * scale)
        accumulate(&sums.right, float(group.right), scales.right * scale)
    }

    /// The sum began as an integer in the last digits of a float: now it is that float.
    @inline(__always)
    private func float(_ group: IntegerSums) -> Vector {
        unsafeBitCast(group, to: Vector.self) - Vector(repeating: integerFloat)
    }

    @inline(__always)
    func store(_ output: Pair<UnsafeMutablePointer<Float>>, _ stride: Int, lanes: Pair<Int>) {
        store(sums.left, to: output.left, lanes: lanes.left)
        store(sums.right, to: output.right, lanes: lanes.right)
    }

    @inline(__always)
    private func store(_ sums: Vector, to output: UnsafeMutablePointer<Float>, lanes: Int) {
        if lanes == kernel_lanes {
            UnsafeMutableRawPointer(output).storeBytes(of: sums, as: Vector.self)
        } else {
            for lane in 0..<lanes { output[lane] = sums[lane] }
        }
    }
}

/// The rows of two tiles, one below the other.
private struct TallerQuantized<Upper: QuantizedTile, Lower: QuantizedTile>: QuantizedTile {
    static var rows: Int { Upper.rows + Lower.rows }
    private var upper = Upper()
    private var lower = Lower()

    @inline(__always)
    mutating func begin(_ rows: RowGroups) {
        upper.begin(rows)
        lower.begin(rows.row(Upper.rows))
    }

    @inline(__always)
    mutating func add(_ weights: Pair<WeightBytes>, _ rows: RowGroups, four: Int) {
        upper.add(weights, rows, four: four)
        lower.add(weights, rows.row(Upper.rows), four: four)
    }

    @inline(__always)
    mutating func end(_ scales: Pair<Vector>, _ rows: RowGroups) {
        upper.end(scales, rows)
        lower.end(scales, rows.row(Upper.rows))
    }

    @inline(__always)
    func store(_ output: Pair<UnsafeMutablePointer<Float>>, _ stride: Int, lanes: Pair<Int>) {
        upper.store(output, stride, lanes: lanes)
        let below = Pair(left: output.left + Upper.rows * stride, right: output.right + Upper.rows * stride)
        lower.store(below, stride, lanes: lanes)
    }
}

private typealias TwoQuantizedRows = TallerQuantized<OneQuantizedRow, OneQuantizedRow>
private typealias ThreeQuantizedRows = TallerQuantized<TwoQuantizedRows, OneQuantizedRow>
private typealias FourQuantizedRows = TallerQuantized<TwoQuantizedRows, TwoQuantizedRows>

/// Adds one group of two panels to a tile.
@inline(__always)
private func addGroup<Format: QuantizedFormat, Tile: QuantizedTile>(
    _ format: Format.Type, _ tile: inout Tile, _ weights: Pair<UnsafeRawPointer>, _ scales: Pair<Vector>,
    _ rows: RowGroups
) {
    tile.begin(rows)
    for step in 0..<Format.groupBytes / 64 {
        let left = (weights.left + 64 * step).loadUnaligned(as: WeightBytes.self)
        let right = (weights.right + 64 * step).loadUnaligned(as: WeightBytes.self)
        for four in 0..<Format.fours {
            let pair = Pair(left: Format.weights(left, four: four), right: Format.weights(right, four: four))
            tile.add(pair, rows, four: step * Format.fours + four)
        }
    }
    tile.end(scales, rows)
}

/// Computes some rows times two neighbouring panels, or twice the same one.
@inline(__always)
private func multiplyPanels<Format: QuantizedFormat, Tile: QuantizedTile>(
    _ format: Format.Type, _ tile: Tile.Type, _ product: QuantizedProduct, _ panels: Pair<Int>, row: Int,
    _ upcoming: inout UpcomingPanels
) {
    let groups = product.groups
    let scaleBytes = (groups + 1) / 2 * 64
    var tile = Tile()
    var weights = Pair(
        left: product.panels + panels.left * groups * Format.groupBytes,
        right: product.panels + panels.right * groups * Format.groupBytes)
    let scales = Pair(
        left: product.scales + panels.left * scaleBytes, right: product.scales + panels.right * scaleBytes)
    var rows = RowGroups(
        bytes: product.input, scales: product.input_scales, starts: product.input_starts, count: groups
    )
    .row(row)
    for group in 0..<groups {
        upcoming.weights.advance()
        upcoming.scales.advance()
        let pair = Pair(left: weightScales(scales.left, group), right: weightScales(scales.right, group))
        addGroup(format, &tile, weights, pair, rows)
        weights.left += Format.groupBytes
        weights.right += Format.groupBytes
        rows.advance()
    }
    let output = product.output + row * product.output_stride
    tile.store(
        Pair(left: output + panels.left * 16, right: output + panels.right * 16), product.output_stride,
        lanes: Pair(
            left: min(16, product.outputs - panels.left * 16), right: min(16, product.outputs - panels.right * 16)))
}

/// Scales of the sixteen outputs: bfloat16, those of an even group below those of the odd one.
@inline(__always)
private func weightScales(_ scales: UnsafeRawPointer, _ group: Int) -> Vector {
    let pairs = (scales + group / 2 * 64).loadUnaligned(as: SIMD16<UInt32>.self)
    return unsafeBitCast(group & 1 == 0 ? pairs &<< 16 : pairs & 0xFFFF_0000, to: Vector.self)
}

/// What is fetched while two panels are computed with: the next two.
private struct UpcomingPanels {
    var weights: UpcomingLines
    var scales: UpcomingLines

    /// - Parameters:
    ///   - panel: the first of those that come next.
    ///   - tiles: how many tiles of rows the current panels are multiplied with.
    @inline(__always)
    init<Format: QuantizedFormat>(_ format: Format.Type, _ product: QuantizedProduct, panel: Int, tiles: Int) {
        let count = max(0, min(2, (product.outputs + Int(kernel_lanes) - 1) / Int(kernel_lanes) - panel))
        let panelBytes = product.groups * Format.groupBytes
        let scaleBytes = (product.groups + 1) / 2 * 64
        let steps = tiles * product.groups
        weights = UpcomingLines(product.panels + panel * panelBytes, bytes: count * panelBytes, steps: steps)
        scales = UpcomingLines(product.scales + panel * scaleBytes, bytes: count * scaleBytes, steps: steps)
    }
}

#if KERNELS_V4
private typealias MostQuantizedRows = FourQuantizedRows
#else
private typealias MostQuantizedRows = TwoQuantizedRows
#endif

/// Multiplies all rows with two panels before the next two, so that weights come from memory once.
@inline(__always)
private func multiply<Format: QuantizedFormat>(_ format: Format.Type, _ product: QuantizedProduct) {
    let most = MostQuantizedRows.rows
    let last = product.first_panel + product.panel_count - 1
    for panel in stride(from: product.first_panel, to: last + 1, by: 2) {
        let panels = Pair(left: panel, right: min(panel + 1, last))
        var upcoming = UpcomingPanels(format, product, panel: panel + 2, tiles: (product.rows + most - 1) / most)
        var row = 0
        while row + most <= product.rows {
            multiplyPanels(format, MostQuantizedRows.self, product, panels, row: row, &upcoming)
            row += most
        }
        switch product.rows - row {
        case 1: multiplyPanels(format, OneQuantizedRow.self, product, panels, row: row, &upcoming)
        #if KERNELS_V4
        case 2: multiplyPanels(format, TwoQuantizedRows.self, product, panels, row: row, &upcoming)
        case 3: multiplyPanels(format, ThreeQuantizedRows.self, product, panels, row: row, &upcoming)
        #endif
        default: break
        }
    }
}

/// Rows times 8-bit weights: see `KernelTable.multiply_int8`.
func multiplyInt8(_ product: UnsafePointer<QuantizedProduct>) { multiply(Int8Group.self, product.pointee) }

/// Rows times 4-bit weights: see `KernelTable.multiply_int4`.
func multiplyInt4(_ product: UnsafePointer<QuantizedProduct>) { multiply(Int4Group.self, product.pointee) }
