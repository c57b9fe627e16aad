public import ArgumentParser
public import Decoding

/// Who proposes tokens, as an argument: names separated by commas.
struct DrafterList: ExpressibleByArgument {
    let drafters: Set<Drafter>

    init(_ drafters: Set<Drafter>) { self.drafters = drafters }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let drafters = names.compactMap(Drafter.init)
        guard drafters.count == names.count else { return nil }
        self.drafters = Set(drafters)
    }

    var defaultValueDescription: String { drafters.map(\.rawValue).sorted().joined(separator: ",") }

    static var allValueStrings: [String] { Drafter.allCases.map(\.rawValue) }
}

extension TokenAcceptance: ExpressibleByArgument {}
