import CPUFeatures

// Matrix products of rows in 8 bits with weights in 8 or 4, in groups of 32 inputs. As in `Multiply.swift`, the lanes of
// a vector are outputs. Within a group the sum is an exact integer; groups are added up in ascending order as floats,
// each times the scales of its weights and of its row. Weights are stored without sign, and what that adds is taken off
// where a group's sum begins.

/// How the weights of one group lie in a panel: 16 outputs × 32 inputs.
private protocol QuantizedFormat {
    static var groupBytes: Int { get }
    /// Calls `body` with the weights of four inputs at a time.
    static func forEachFour(_ group: UnsafeRawPointer, _ body: (WeightBytes, Int) -> Void)
}

/// A step of 64 bytes holds four inputs of each output.
private enum Int8Group: QuantizedFormat {
    static var groupBytes: Int { 512 }

    @inline(__always)
    static func forEachFour(_ group: UnsafeRawPointer, _ body: (WeightBytes, Int) -> Void) {
        for four in 0..<8 { body((group + 64 * four).loadUnaligned(as: WeightBytes.self), four) }
    }
}

/// A step of 64 bytes holds eight inputs: the first four in the low halves of bytes.
private enum Int4Group: QuantizedFormat {
    static var groupBytes: Int { 256 }

    @inline(__always)
    static func forEachFour(_ group: UnsafeRawPointer, _ body: (WeightBytes, Int) -> Void) {
        for step in 0..<4 {
            let both = (group + 64 * step).loadUnaligned(as: WeightBytes.self)
            body(both & 0x0F0F_0F0F, 2 * step)
            body(both &>> 4 & 0x0F0F_0F0F, 2 * step + 1)
        }
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

/// Sums of some rows times one panel, held in registers.
private protocol QuantizedTile {
    static var rows: Int { get }
    init()
    /// Begins a group.
    mutating func begin(_ rows: RowGroups)
    /// Adds the products of four inputs, number `four` of the group.
    mutating func add(_ weights: WeightBytes, _ rows: RowGroups, four: Int)
    /// Ends a group whose weights have these scales.
    mutating func end(_ scales: Vector, _ rows: RowGroups)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lanes: Int)
}

private struct OneQuantizedRow: QuantizedTile {
    static var rows: Int { 1 }
    private var group = IntegerSums.zero
    private var sums = Vector.zero

    @inline(__always)
    mutating func begin(_ rows: RowGroups) { group = IntegerSums(repeating: rows.starts.pointee) }

    @inline(__always)
    mutating func add(_ weights: WeightBytes, _ rows: RowGroups, four: Int) {
        InputBytes(rows.bytes + 4 * four).add(weights, to: &group)
    }

    @inline(__always)
    mutating func end(_ scales: Vector, _ rows: RowGroups) {
        // The sum began as an integer in the last digits of a float: now it is that float.
        let sum = unsafeBitCast(group, to: Vector.self) - Vector(repeating: integerFloat)
        accumulate(&sums, sum, scales * Vector(repeating: rows.scales.pointee))
    }

    @inline(__always)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lanes: Int) {
        if lanes == kernel_lanes {
            UnsafeMutableRawPointer(output).storeBytes(of: sums, as: Vector.self)
        } else {
            for lane in 0..<lanes { output[lane] = sums[lane] }
        }
    }
}

/// Twice as many rows.
private struct TallerQuantized<Half: QuantizedTile>: QuantizedTile {
    static var rows: Int { 2 * Half.rows }
    private var upper = Half()
    private var lower = Half()

    @inline(__always)
    mutating func begin(_ rows: RowGroups) {
        upper.begin(rows)
        lower.begin(rows.row(Half.rows))
    }

    @inline(__always)
    mutating func add(_ weights: WeightBytes, _ rows: RowGroups, four: Int) {
        upper.add(weights, rows, four: four)
        lower.add(weights, rows.row(Half.rows), four: four)
    }

    @inline(__always)
    mutating func end(_ scales: Vector, _ rows: RowGroups) {
        upper.end(scales, rows)
        lower.end(scales, rows.row(Half.rows))
    }

    @inline(__always)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lanes: Int) {
        upper.store(to: output, stride, lanes: lanes)
        lower.store(to: output + Half.rows * stride, stride, lanes: lanes)
    }
}

#if KERNELS_V4
private typealias MostQuantizedRows = TallerQuantized<TallerQuantized<OneQuantizedRow>>
#else
private typealias MostQuantizedRows = TallerQuantized<OneQuantizedRow>
#endif

/// Adds one group of one panel to a tile.
@inline(__always)
private func addGroup<Format: QuantizedFormat, Tile: QuantizedTile>(
    _ format: Format.Type, _ tile: inout Tile, _ weights: UnsafeRawPointer, _ scales: Vector, _ rows: RowGroups
) {
    tile.begin(rows)
    Format.forEachFour(weights) { four, number in tile.add(four, rows, four: number) }
    tile.end(scales, rows)
}

/// Computes some rows times two neighbouring panels, or twice the same one.
@inline(__always)
private func multiplyPanels<Format: QuantizedFormat, Tile: QuantizedTile>(
    _ format: Format.Type, _ tile: Tile.Type, _ product: QuantizedProduct, _ panels: (Int, Int), row: Int
) {
    let groups = product.groups
    let scaleBytes = (groups + 1) / 2 * 64
    var (left, right) = (Tile(), Tile())
    var leftWeights = product.panels + panels.0 * groups * Format.groupBytes
    var rightWeights = product.panels + panels.1 * groups * Format.groupBytes
    let leftScales = product.scales + panels.0 * scaleBytes
    let rightScales = product.scales + panels.1 * scaleBytes
    var rows = RowGroups(
        bytes: product.input, scales: product.input_scales, starts: product.input_starts, count: groups
    )
    .row(row)
    for group in 0..<groups {
        addGroup(format, &left, leftWeights, weightScales(leftScales, group), rows)
        addGroup(format, &right, rightWeights, weightScales(rightScales, group), rows)
        leftWeights += Format.groupBytes
        rightWeights += Format.groupBytes
        rows.advance()
    }
    let output = product.output + row * product.output_stride
    left.store(to: output + panels.0 * 16, product.output_stride, lanes: min(16, product.outputs - panels.0 * 16))
    right.store(to: output + panels.1 * 16, product.output_stride, lanes: min(16, product.outputs - panels.1 * 16))
}

/// Scales of the sixteen outputs: bfloat16, those of an even group below those of the odd one.
@inline(__always)
private func weightScales(_ scales: UnsafeRawPointer, _ group: Int) -> Vector {
    let pairs = (scales + group / 2 * 64).loadUnaligned(as: SIMD16<UInt32>.self)
    return unsafeBitCast(group & 1 == 0 ? pairs &<< 16 : pairs & 0xFFFF_0000, to: Vector.self)
}

/// Computes as many whole tiles of rows as fit, for all panels, and returns the first row that is left.
@inline(__always)
private func multiplyRows<Format: QuantizedFormat, Tile: QuantizedTile>(
    _ format: Format.Type, _ tile: Tile.Type, _ product: QuantizedProduct, from first: Int
) -> Int {
    let end = first + (product.rows - first) / Tile.rows * Tile.rows
    guard end > first else { return first }
    let last = product.first_panel + product.panel_count - 1
    for panel in stride(from: product.first_panel, through: last, by: 2) {
        for row in stride(from: first, to: end, by: Tile.rows) {
            multiplyPanels(format, tile, product, (panel, min(panel + 1, last)), row: row)
        }
    }
    return end
}

@inline(__always)
private func multiply<Format: QuantizedFormat>(_ format: Format.Type, _ product: QuantizedProduct) {
    var row = multiplyRows(format, MostQuantizedRows.self, product, from: 0)
    #if KERNELS_V4
    row = multiplyRows(format, TallerQuantized<OneQuantizedRow>.self, product, from: row)
    #endif
    _ = multiplyRows(format, OneQuantizedRow.self, product, from: row)
}

/// Rows times 8-bit weights: see `KernelTable.multiply_int8`.
func multiplyInt8(_ product: UnsafePointer<QuantizedProduct>) { multiply(Int8Group.self, product.pointee) }

/// Rows times 4-bit weights: see `KernelTable.multiply_int4`.
func multiplyInt4(_ product: UnsafePointer<QuantizedProduct>) { multiply(Int4Group.self, product.pointee) }
