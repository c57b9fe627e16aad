/// Random choices for a mutator, the same for the same seed.
public struct MutationSource {
    private var state: UInt64

    public init(seed: CUnsignedInt) { state = UInt64(seed) }

    /// A number from 0 up to, but without, a limit.
    public mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(limit, 1)
    }

    /// True once in `count` times.
    public mutating func chance(of count: Int) -> Bool { below(count) == 0 }

    /// Any element, or nil if there is none.
    public mutating func element<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
