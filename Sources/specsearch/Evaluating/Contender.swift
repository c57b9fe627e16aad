import ArgumentParser
import SpecSearch

/// What is measured: a policy, or a baseline that writes one text after the other.
struct Contender: Hashable {
    let policy: SpeculationPolicy
    var isSerial = false

    /// Its name on the command line: `paper`, `serial-plain`.
    var name: String { isSerial ? "serial-\(policy.rawValue)" : policy.rawValue }

    /// What the others are compared with.
    static let plain = Contender(policy: .plain)

    /// The policies together, and the paper's baselines.
    static let all =
        SpeculationPolicy.allCases.map { Contender(policy: $0) }
        + [SpeculationPolicy.plain, .lossless].map { Contender(policy: $0, isSerial: true) }
}

/// Contenders on the command line: `plain,paper`.
struct ContenderList: ExpressibleByArgument {
    let contenders: [Contender]

    init(_ contenders: [Contender]) { self.contenders = contenders }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let contenders = names.compactMap { name in Contender.all.first { $0.name == name } }
        guard contenders.count == names.count, Set(contenders).count == names.count else { return nil }
        self.contenders = contenders
    }

    var defaultValueDescription: String { contenders.map(\.name).joined(separator: ",") }
}
