/// Where a loop is: what a template sees as `loop`.
struct LoopState {
    let elements: [TemplateValue]
    let index: Int

    /// What stands behind a name, or nil.
    subscript(name: String) -> TemplateValue? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(elements.count - index)
        case "revindex0": .integer(elements.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == elements.count - 1)
        case "length": .integer(elements.count)
        case "depth": .integer(1)  // others are for recursive loops
        case "depth0": .integer(0)
        case "previtem": index > 0 ? elements[index - 1] : .undefined("loop.previtem")
        case "nextitem": index + 1 < elements.count ? elements[index + 1] : .undefined("loop.nextitem")
        default: nil
        }
    }
}
