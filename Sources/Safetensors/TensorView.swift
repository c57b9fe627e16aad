/// One tensor of an open file. It keeps the file open.
public struct TensorView: Sendable {
    /// Name, type, shape and place.
    public let info: TensorInfo
    /// The file that holds the bytes.
    public let file: SafetensorsFile

    /// The name in the file.
    public var name: String { info.name }
    /// The type of the elements.
    public var elementType: ElementType { info.elementType }
    /// The size along each axis, outermost first.
    public var shape: [Int] { info.shape }
    /// The number of elements.
    public var elementCount: Int { info.elementCount }

    /// The elements as they lie in the file: little-endian, row by row, at any alignment.
    ///
    /// Valid while `file` lives; wrap the use in `withExtendedLifetime(file)`, and read wide elements with
    /// `loadUnaligned`.
    public var bytes: UnsafeRawBufferPointer { file.bytes(of: info) }

    /// The bytes of some elements, counted through the whole tensor; valid while `file` lives.
    public func bytes(of elements: Range<Int>) -> UnsafeRawBufferPointer {
        let width = elementType.bytes
        return UnsafeRawBufferPointer(
            rebasing: bytes[elements.lowerBound * width..<elements.upperBound * width])
    }

    /// Lets the system drop the memory of the tensor, or of some of its elements.
    public func releasePages(elements: Range<Int>? = nil) { file.releasePages(of: info, elements: elements) }
}
