import CPUFeatures

#if KERNELS_V4_BF16
internal import Intrinsics
#endif

// Matrix products over packed weights: a panel holds sixteen outputs side by side, so that the lanes of a vector are
// outputs and no lane is ever summed with another. Each output's sum therefore runs over k in ascending order in one
// chain, for one row and for many, on every instruction set; tiles only choose how many chains run side by side.

/// How sixteen weights of one k, or of two, lie in a panel, and the inputs that they meet. Every step takes 64 bytes.
private protocol PanelFormat {
    /// An element of a row.
    associatedtype Input
    /// How many k one step of 64 bytes holds.
    static var depth: Int { get }
    /// How many elements of a row hold those.
    static var elements: Int { get }
    /// Adds the step's weights times the inputs.
    static func add(_ step: UnsafeRawPointer, _ input: UnsafePointer<Input>, to sums: inout Vector)
}

private enum Float32Panel: PanelFormat {
    static var depth: Int { 1 }
    static var elements: Int { 1 }

    @inline(__always)
    static func add(_ step: UnsafeRawPointer, _ input: UnsafePointer<Float>, to sums: inout Vector) {
        accumulate(&sums, step.loadUnaligned(as: Vector.self), Vector(repeating: input[0]))
    }
}

/// Two bfloat16 in each 32-bit element: the low half belongs to the even k. Both widen by shifting and masking alone.
private enum BFloat16Panel: PanelFormat {
    static var depth: Int { 2 }
    static var elements: Int { 2 }

    @inline(__always)
    static func add(_ step: UnsafeRawPointer, _ input: UnsafePointer<Float>, to sums: inout Vector) {
        let pairs = step.loadUnaligned(as: SIMD16<UInt32>.self)
        accumulate(&sums, unsafeBitCast(pairs &<< 16, to: Vector.self), Vector(repeating: input[0]))
        accumulate(&sums, unsafeBitCast(pairs & 0xFFFF_0000, to: Vector.self), Vector(repeating: input[1]))
    }
}

#if KERNELS_V4_BF16
/// The same weights, and inputs in such pairs, too.
private enum RoundedPanel: PanelFormat {
    static var depth: Int { 2 }
    static var elements: Int { 1 }

    @inline(__always)
    static func add(_ step: UnsafeRawPointer, _ input: UnsafePointer<UInt32>, to sums: inout Vector) {
        let inputs = unsafeBitCast(SIMD16<UInt32>(repeating: input[0]), to: __m512i.self)
        sums = dot_bfloat16(sums, step.loadUnaligned(as: __m512i.self), inputs)
    }
}
#else
/// Inputs that are rounded, but kept as floats.
private typealias RoundedPanel = BFloat16Panel
#endif

/// Sums of some rows times some panels, held in registers.
private protocol Tile {
    static var rows: Int { get }
    static var panels: Int { get }
    init()
    /// Adds one step of every panel: `step` is the first panel's, the others follow at `panelBytes`.
    mutating func add<Format: PanelFormat>(
        _ format: Format.Type, _ step: UnsafeRawPointer, _ panelBytes: Int, _ input: UnsafePointer<Format.Input>,
        _ stride: Int
    )
    /// Writes the sums; the last panel has `lastLanes` outputs.
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lastLanes: Int)
}

private struct OneRow: Tile {
    static var rows: Int { 1 }
    static var panels: Int { 1 }
    private var sums = Vector.zero

    @inline(__always)
    mutating func add<Format: PanelFormat>(
        _ format: Format.Type, _ step: UnsafeRawPointer, _ panelBytes: Int, _ input: UnsafePointer<Format.Input>,
        _ stride: Int
    ) {
        Format.add(step, input, to: &sums)
    }

    @inline(__always)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lastLanes: Int) {
        if lastLanes == kernel_lanes {
            UnsafeMutableRawPointer(output).storeBytes(of: sums, as: Vector.self)
        } else {
            for lane in 0..<lastLanes { output[lane] = sums[lane] }
        }
    }
}

/// Twice as many rows.
private struct Taller<Half: Tile>: Tile {
    static var rows: Int { 2 * Half.rows }
    static var panels: Int { Half.panels }
    private var upper = Half()
    private var lower = Half()

    @inline(__always)
    mutating func add<Format: PanelFormat>(
        _ format: Format.Type, _ step: UnsafeRawPointer, _ panelBytes: Int, _ input: UnsafePointer<Format.Input>,
        _ stride: Int
    ) {
        upper.add(format, step, panelBytes, input, stride)
        lower.add(format, step, panelBytes, input + Half.rows * stride, stride)
    }

    @inline(__always)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lastLanes: Int) {
        upper.store(to: output, stride, lastLanes: lastLanes)
        lower.store(to: output + Half.rows * stride, stride, lastLanes: lastLanes)
    }
}

/// Twice as many panels.
private struct Wider<Half: Tile>: Tile {
    static var rows: Int { Half.rows }
    static var panels: Int { 2 * Half.panels }
    private var left = Half()
    private var right = Half()

    @inline(__always)
    mutating func add<Format: PanelFormat>(
        _ format: Format.Type, _ step: UnsafeRawPointer, _ panelBytes: Int, _ input: UnsafePointer<Format.Input>,
        _ stride: Int
    ) {
        left.add(format, step, panelBytes, input, stride)
        right.add(format, step + Half.panels * panelBytes, panelBytes, input, stride)
    }

    @inline(__always)
    func store(to output: UnsafeMutablePointer<Float>, _ stride: Int, lastLanes: Int) {
        left.store(to: output, stride, lastLanes: Int(kernel_lanes))
        right.store(to: output + Half.panels * Int(kernel_lanes), stride, lastLanes: lastLanes)
    }
}

private typealias TwoRows = Taller<OneRow>
private typealias FourRows = Taller<TwoRows>
private typealias EightRows = Taller<FourRows>

// The largest tiles whose sums fit into the registers: 32 of 512 bits, 16 of 256, 16 of 128.
#if KERNELS_V4
private typealias MostRows = EightRows
private typealias Most = Wider<EightRows>
private typealias Four = Wider<Wider<FourRows>>
private typealias Two = Wider<Wider<TwoRows>>
private typealias One = Wider<Wider<OneRow>>
#elseif KERNELS_V3
private typealias MostRows = FourRows
private typealias Most = FourRows
private typealias Two = Wider<TwoRows>
private typealias One = Wider<Wider<OneRow>>
#else
private typealias MostRows = TwoRows
private typealias Most = TwoRows
private typealias One = Wider<OneRow>
#endif

/// Computes one tile over the whole width.
@inline(__always)
private func multiplyTile<Format: PanelFormat, Sums: Tile>(
    _ format: Format.Type, _ tile: Sums.Type, _ product: PanelProduct, panel: Int, row: Int,
    _ upcoming: inout UpcomingLines
) {
    let steps = product.width / Format.depth
    let panelBytes = steps * 64
    var weights = product.panels + panel * panelBytes
    var input = product.input.assumingMemoryBound(to: Format.Input.self) + row * product.input_stride
    var sums = Sums()
    for _ in 0..<steps {
        upcoming.advance()
        sums.add(format, weights, panelBytes, input, product.input_stride)
        weights += 64
        input += Format.elements
    }
    let first = panel * Int(kernel_lanes)
    let lastLanes = min(Int(kernel_lanes), product.outputs - first - (Sums.panels - 1) * Int(kernel_lanes))
    sums.store(
        to: product.output + row * product.output_stride + first, product.output_stride, lastLanes: lastLanes)
}

/// Computes one tile of rows times some panels; `Narrow` is the same tile with one panel, for those that are left over.
@inline(__always)
private func multiplyPanels<Format: PanelFormat, Wide: Tile, Narrow: Tile>(
    _ format: Format.Type, _ wide: Wide.Type, _ narrow: Narrow.Type, _ product: PanelProduct, _ panels: Range<Int>,
    row: inout Int, _ upcoming: inout UpcomingLines
) {
    var panel = panels.lowerBound
    while panel + Wide.panels <= panels.upperBound {
        multiplyTile(format, wide, product, panel: panel, row: row, &upcoming)
        panel += Wide.panels
    }
    while panel < panels.upperBound {
        multiplyTile(format, narrow, product, panel: panel, row: row, &upcoming)
        panel += 1
    }
    row += Wide.rows
}

/// Multiplies all rows with some panels before the next ones, so that weights come from memory once.
@inline(__always)
private func multiply<Format: PanelFormat>(_ format: Format.Type, _ product: PanelProduct) {
    let panelBytes = product.width / Format.depth * 64
    let last = product.first_panel + product.panel_count
    let whole = (product.outputs + Int(kernel_lanes) - 1) / Int(kernel_lanes)
    let tiles = product.rows / Most.rows * (One.panels / Most.panels) + (product.rows % Most.rows).nonzeroBitCount
    for first in stride(from: product.first_panel, to: last, by: One.panels) {
        let panels = first..<min(first + One.panels, last)
        var upcoming = UpcomingLines(
            product.panels + panels.upperBound * panelBytes,
            bytes: min(One.panels, whole - panels.upperBound) * panelBytes, steps: tiles * product.width / Format.depth)
        var row = 0
        while product.rows - row >= Most.rows {
            multiplyPanels(format, Most.self, MostRows.self, product, panels, row: &row, &upcoming)
        }
        #if KERNELS_V4
        if product.rows - row >= 4 {
            multiplyPanels(format, Four.self, FourRows.self, product, panels, row: &row, &upcoming)
        }
        #endif
        #if KERNELS_V3 || KERNELS_V4
        if product.rows - row >= 2 {
            multiplyPanels(format, Two.self, TwoRows.self, product, panels, row: &row, &upcoming)
        }
        #endif
        if product.rows - row >= 1 {
            multiplyPanels(format, One.self, OneRow.self, product, panels, row: &row, &upcoming)
        }
    }
}

/// Rows times 32-bit float weights: see `KernelTable.multiply_float32`.
func multiplyFloat32(_ product: UnsafePointer<PanelProduct>) { multiply(Float32Panel.self, product.pointee) }

/// Rounded rows times bfloat16 weights: see `KernelTable.multiply_rounded`.
func multiplyRounded(_ product: UnsafePointer<PanelProduct>) { multiply(RoundedPanel.self, product.pointee) }

/// Rows times bfloat16 weights: see `KernelTable.multiply_bfloat16`.
func multiplyBFloat16(_ product: UnsafePointer<PanelProduct>) { multiply(BFloat16Panel.self, product.pointee) }
