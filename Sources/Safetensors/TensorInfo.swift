/// What a header says about one tensor, after every check.
public struct TensorInfo: Sendable, Hashable {
    /// The name in the file; equal to another name only if the bytes are equal.
    public let name: String
    /// The type of the elements.
    public let elementType: ElementType
    /// The size along each axis, outermost first; empty for a single number.
    public let shape: [Int]
    /// Where the elements lie, in bytes from the start of the file's data section.
    public let byteRange: Range<Int>

    /// The number of elements: the product of the shape.
    public var elementCount: Int { byteRange.count / elementType.bytes }

    /// Compares names by their bytes.
    public static func == (left: TensorInfo, right: TensorInfo) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.elementType == right.elementType
            && left.shape == right.shape && left.byteRange == right.byteRange
    }
}
