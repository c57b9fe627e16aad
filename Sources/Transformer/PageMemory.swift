/// The memory of pages that lie side by side. Whoever gives it to a forward pass keeps it alive.
public struct PageMemory {
    /// Where page 0 begins.
    public let base: UnsafeMutableRawPointer
    /// The form of each page.
    public let layout: PageLayout

    /// - Parameters: the values of the properties, in their order.
    public init(_ base: UnsafeMutableRawPointer, layout: PageLayout) {
        self.base = base
        self.layout = layout
    }

    /// Where a page begins.
    package func page(_ number: Int) -> UnsafeMutableRawPointer { base + number * layout.bytesPerPage }

    /// Where the keys of a head begin; its values follow.
    func head(_ head: Int, layer: Int, page number: Int) -> UnsafeMutableRawPointer {
        page(number) + layout.keyOffset(layer: layer, head: head)
    }
}
