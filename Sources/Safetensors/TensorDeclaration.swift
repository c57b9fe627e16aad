/// A tensor that is going to be written: everything but its bytes.
public struct TensorDeclaration: Sendable {
    /// The name in the file.
    public var name: String
    /// The type of the elements.
    public var elementType: ElementType
    /// The size along each axis, outermost first.
    public var shape: [Int]

    /// Declares a tensor. The writer checks that the shape is one that can be read again.
    public init(name: String, elementType: ElementType, shape: [Int]) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
    }
}
