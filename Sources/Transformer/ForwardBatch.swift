/// The rows of one forward pass.
///
/// Prefill, plain decoding, drafting, verification, many thoughts at once and reward scoring differ only in the rows
/// that they put into a batch. A row's token stands at `position` on its path: its depth in the tree, never its index
/// in the batch. The pass writes the row's keys and values into slot `position % 16` of the path's page
/// `position / 16`, and the row attends to the depths 0 … `position` of its path. Rows of one batch may attend to
/// each other's keys and values, whatever their order; no two rows may write the same slot.
public struct ForwardBatch: Sendable {
    /// One token to compute.
    public struct Row: Sendable, Hashable {
        /// The token's id.
        public var token: Int32
        /// Its depth in the tree: 0 for the first token of a path.
        public var position: Int32
        /// Which path of the batch it lies on.
        public var path: Int32
        /// Whether the pass has to produce the row's output (logits, or the scores of a reward head).
        public var wantsOutput: Bool

        /// - Parameters: the values of the properties, in their order.
        public init(token: Int32, position: Int32, path: Int32, wantsOutput: Bool) {
            self.token = token
            self.position = position
            self.path = path
            self.wantsOutput = wantsOutput
        }
    }

    /// The rows, in the order in which outputs are written.
    public private(set) var rows: [Row] = []
    /// Page numbers of all paths, one path after another; page j of a path holds its depths 16j … 16j + 15.
    public private(set) var pages: [Int32] = []
    /// Where each path begins in `pages`.
    public private(set) var pathStarts: [Int] = []
    /// How many rows want an output.
    public private(set) var outputs = 0

    /// An empty batch.
    public init() {}

    /// Whether the batch has no rows.
    public var isEmpty: Bool { rows.isEmpty }

    /// Adds a path and returns its number.
    ///
    /// - Parameter path: page numbers from depth 0 on, without gaps, as far as the rows on this path reach.
    public mutating func addPath(_ path: [Int32]) -> Int32 {
        pathStarts.append(pages.count)
        pages.append(contentsOf: path)
        return Int32(pathStarts.count - 1)
    }

    /// Adds a row and returns the index of its output, or nil if it wants none.
    @discardableResult
    public mutating func addRow(_ row: Row) -> Int? {
        rows.append(row)
        guard row.wantsOutput else { return nil }
        outputs += 1
        return outputs - 1
    }

    /// Forgets all rows and paths, but keeps the memory.
    public mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        pages.removeAll(keepingCapacity: true)
        pathStarts.removeAll(keepingCapacity: true)
        outputs = 0
    }
}
