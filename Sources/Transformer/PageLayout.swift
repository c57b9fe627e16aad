/// How one page of KV memory is laid out: 16 consecutive depths of one path, every layer and head, in 32-bit floats.
///
/// A page always covers the depths 16j … 16j + 15 of its path, so that attention, which reduces in blocks of 16
/// absolute depths, finds each block in exactly one page. Within a page, layer by layer and head by head, lie
/// first the keys as `headSize × 16` (one column per depth), then the values as `16 × valueStride` (one row per depth).
public struct PageLayout: Sendable, Hashable {
    /// Tokens in a page.
    public static let tokens = 16

    /// Transformer blocks.
    public let layers: Int
    /// Heads of keys and values.
    public let keyValueHeads: Int
    /// Elements of one head.
    public let headSize: Int
    /// Floats from one value row to the next: the head size rounded up to whole vectors of 16.
    public let valueStride: Int

    /// - Parameters:
    ///   - layers: transformer blocks, at least 1.
    ///   - keyValueHeads: heads of keys and values, at least 1.
    ///   - headSize: elements of one head, at least 1.
    public init(layers: Int, keyValueHeads: Int, headSize: Int) {
        self.layers = layers
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        valueStride = (headSize + 15) / 16 * 16
    }

    /// Floats that keys and values of one head in one layer take.
    var floatsPerHead: Int { PageLayout.tokens * (headSize + valueStride) }
    /// Floats in a page.
    public var floatsPerPage: Int { layers * keyValueHeads * floatsPerHead }
    /// Bytes in a page.
    public var bytesPerPage: Int { floatsPerPage * MemoryLayout<Float>.stride }
    /// Bytes of a page that one token uses.
    public var bytesPerToken: Int { bytesPerPage / PageLayout.tokens }

    /// Where the keys of a head begin, in floats from the start of the page.
    func keyOffset(layer: Int, head: Int) -> Int { (layer * keyValueHeads + head) * floatsPerHead }
    /// Where the values of a head begin, in floats from the start of the page.
    func valueOffset(layer: Int, head: Int) -> Int {
        keyOffset(layer: layer, head: head) + PageLayout.tokens * headSize
    }
}
