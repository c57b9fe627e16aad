public import Compute

/// How one page of KV memory is laid out: 16 consecutive depths of one path, every layer and head.
///
/// A page always covers the depths 16j … 16j + 15 of its path, so that attention, which reduces in blocks of 16
/// absolute depths, finds each block in exactly one page. Layer by layer and head by head a page holds:
///
/// 1. the keys, 64 bytes for each element: one word of 32 bits per depth;
/// 2. the values, `valueStride` words for each depth;
/// 3. if they are rounded to 8 bits, the scale of each depth's key, then that of each depth's value, in 32-bit floats.
///
/// In fewer than 32 bits a word holds two or four: of keys, consecutive elements of one depth; of values, consecutive depths
/// of one element; the first in the lowest bits. Bytes stand for integers −127 … 127 and are 128 larger.
public struct PageLayout: Sendable, Hashable {
    /// Tokens in a page.
    public static let tokens = 16
    private static let wordBytes = 4

    /// Transformer blocks.
    public let layers: Int
    /// Heads of keys and values.
    public let keyValueHeads: Int
    /// Elements of one head.
    public let headSize: Int
    /// In what precision keys and values are kept.
    public let precision: CachePrecision
    /// Elements from one depth's values to the next: the head size rounded up to whole vectors of 16.
    public let valueStride: Int
    /// Bytes that keys and values of one head in one layer take.
    let bytesPerHead: Int
    private let keyBytes: Int
    private let valueBytes: Int
    private let scaleBytes: Int

    /// - Parameters:
    ///   - layers: transformer blocks, at least 1.
    ///   - keyValueHeads: heads of keys and values, at least 1.
    ///   - headSize: elements of one head, at least 1.
    ///   - precision: in what precision keys and values are kept.
    public init(layers: Int, keyValueHeads: Int, headSize: Int, precision: CachePrecision = .float32) {
        self.layers = layers
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.precision = precision
        valueStride = (headSize + 15) / 16 * 16
        let perWord = precision.elementsPerWord
        keyBytes = (headSize + perWord - 1) / perWord * PageLayout.tokens * PageLayout.wordBytes
        valueBytes = PageLayout.tokens / perWord * valueStride * PageLayout.wordBytes
        scaleBytes = precision == .int8 ? PageLayout.tokens * PageLayout.wordBytes : 0
        bytesPerHead = keyBytes + valueBytes + 2 * scaleBytes
    }

    /// Bytes in a page.
    public var bytesPerPage: Int { layers * keyValueHeads * bytesPerHead }
    /// Bytes of a page that one token uses.
    public var bytesPerToken: Int { bytesPerPage / PageLayout.tokens }

    /// Where the keys of a head begin, in bytes from the start of the page.
    func keyOffset(layer: Int, head: Int) -> Int { (layer * keyValueHeads + head) * bytesPerHead }
    /// Where the values of a head begin, counted from its keys.
    var valueOffset: Int { keyBytes }
    /// Where the scales of a head's keys begin, counted from the keys; nil if they have none.
    var keyScaleOffset: Int? { precision == .int8 ? keyBytes + valueBytes : nil }
    /// Where the scales of a head's values begin, counted from the keys; nil if they have none.
    var valueScaleOffset: Int? { keyScaleOffset.map { $0 + scaleBytes } }

    /// Where an element of a key lies, counted from the head's keys.
    func keyOffset(of element: Int, slot: Int) -> Int {
        let (word, part) = place(of: element)
        return PageLayout.wordBytes * (word * PageLayout.tokens + slot) + part
    }

    /// Where an element of a value lies, counted from the head's keys.
    func valueOffset(of element: Int, slot: Int) -> Int {
        let (word, part) = place(of: slot)
        return keyBytes + PageLayout.wordBytes * (word * valueStride + element) + part
    }

    /// The word of a member of a sequence, and the byte within it.
    private func place(of member: Int) -> (word: Int, byte: Int) {
        let perWord = precision.elementsPerWord
        let word = member >> perWord.trailingZeroBitCount
        return (word, (member & (perWord - 1)) * PageLayout.wordBytes >> perWord.trailingZeroBitCount)
    }
}
