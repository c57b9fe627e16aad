/// Looks for one text in others, in time that is linear in both (Knuth, Morris and Pratt, 1977).
struct TextSearch {
    private let part: TemplateText
    /// For each place of the part, how much of its beginning ends there: what need not be compared again.
    private let borders: [Int]

    init(_ part: TemplateText) {
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for place in part.units.indices.dropFirst() {
            while length > 0, !TemplateText.isSame(part.units[place], part.units[length]) {
                length = borders[length - 1]
            }
            if TemplateText.isSame(part.units[place], part.units[length]) { length += 1 }
            borders[place] = length
        }
        self.part = part
        self.borders = borders
    }

    /// Where the part first lies in a text, from a place on.
    func first(in text: TemplateText, from start: Int = 0) -> Range<Int>? {
        guard !part.isEmpty else { return start..<start }
        var length = 0
        for place in start..<max(start, text.count) {
            while length > 0, !TemplateText.isSame(text.units[place], part.units[length]) {
                length = borders[length - 1]
            }
            if TemplateText.isSame(text.units[place], part.units[length]) { length += 1 }
            if length == part.count { return place + 1 - length..<place + 1 }
        }
        return nil
    }
}
