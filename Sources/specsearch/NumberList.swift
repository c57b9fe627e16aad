public import ArgumentParser
public import Compute

/// Token ids or counts on the command line: `1,2,3`.
struct NumberList: ExpressibleByArgument {
    let numbers: [Int32]

    init(_ numbers: [Int32]) { self.numbers = numbers }

    init?(argument: String) {
        var numbers: [Int32] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int32(part.drop { $0 == " " }), number >= 0 else { return nil }
            numbers.append(number)
        }
        self.numbers = numbers
    }
}

extension WeightPrecision: ExpressibleByArgument {}
