/// Proposes what followed the last tokens of a path where they stood before, in the path itself or in another text: prompt
/// lookup (Saxena, 2023; Yang et al., "Inference with reference", 2023).
///
/// It costs no rows, and pays where texts repeat themselves: quotations, calculations, siblings of a branch.
struct NGramDrafter {
    /// The fewest tokens that must agree: fewer agree by chance.
    static let fewest = 2
    /// The most tokens that are compared: of longer agreements the latest is as good as any.
    static let most = 8

    /// The path to continue.
    private let path: [Int32]
    /// The text with the best place so far, and where what followed begins.
    private var source: [Int32]
    private var next: Int
    private var agreement = NGramDrafter.fewest - 1

    /// Looks for the end of a path in the path itself, and then in other texts.
    ///
    /// The longest agreement wins, and of equally long ones the first found: the latest of a text.
    /// - Complexity: O(tokens of all texts).
    init(_ path: [Int32], others: [[Int32]]) {
        self.path = path
        source = path
        next = path.count
        for text in [path] + others { search(text) }
    }

    private mutating func search(_ text: [Int32]) {
        for place in text.indices.reversed() {
            guard agreement < NGramDrafter.most else { return }
            let length = agreement(text, before: place)
            if length > agreement { (agreement, source, next) = (length, text, place) }
        }
    }

    /// How many tokens of a text before a place agree with the path's last, up to the most that count.
    private func agreement(_ text: [Int32], before place: Int) -> Int {
        let most = min(NGramDrafter.most, place, path.count)
        var length = 0
        while length < most, text[place - 1 - length] == path[path.count - 1 - length] { length += 1 }
        return length
    }

    /// Up to `count` tokens that may follow; none if nothing agrees.
    ///
    /// Where they run into the end of the path, they go on with themselves: "a b a b" continues with "a b a b …".
    func proposals(_ count: Int) -> [Int32] {
        var text = source
        let isOwn = text == path
        let end = isOwn ? next + count : min(next + count, text.count)
        guard agreement >= NGramDrafter.fewest else { return [] }
        var found: [Int32] = []
        while next + found.count < end {
            found.append(text[next + found.count])
            if isOwn { text.append(found[found.count - 1]) }
        }
        return found
    }
}
