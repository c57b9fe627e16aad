/// Checks a countdown solution step by step: every line `a ∘ b = c (left …)` must use two of the remaining numbers, be
/// right and a positive whole number, and the last result must be the target, with all numbers used.
struct CountdownChecker {
    private var remaining: [Int]

    init(numbers: [Int]) { remaining = numbers.sorted() }

    /// Whether the steps of a text lead to the target.
    func reaches(_ target: Int, in text: String) -> Bool {
        var checker = self
        for line in text.split(separator: "\n") where line.contains(" = ") {
            guard checker.apply(line) else { return false }
        }
        return checker.remaining == [target]
    }

    /// Makes one step; false if it is not allowed.
    private mutating func apply(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        guard words.count > 6, words[3] == "=", let left = Int(words[0]), let right = Int(words[2]),
            let claimed = Int(words[4]), CountdownChecker.result(left, words[1], right) == claimed,
            take(left), take(right)
        else { return false }
        remaining.append(claimed)
        remaining.sort()
        return words[5] == "(left" && stated(words[6...]) == remaining
    }

    private mutating func take(_ number: Int) -> Bool {
        guard let index = remaining.firstIndex(of: number) else { return false }
        remaining.remove(at: index)
        return true
    }

    private func stated(_ words: ArraySlice<Substring>) -> [Int]? {
        let numbers = words.map { Int($0.last == ")" ? $0.dropLast() : $0) }
        return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
    }

    /// The exact result of an operation, or nil if it is no positive whole number.
    private static func result(_ left: Int, _ operation: Substring, _ right: Int) -> Int? {
        guard left > 0, right > 0 else { return nil }
        switch operation {
        case "+": return left.addingReportingOverflow(right).overflow ? nil : left + right
        case "-": return left > right ? left - right : nil
        case "*": return left.multipliedReportingOverflow(by: right).overflow ? nil : left * right
        case "/": return left.isMultiple(of: right) ? left / right : nil
        default: return nil
        }
    }
}
