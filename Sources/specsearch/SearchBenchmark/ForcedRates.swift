import ArgumentParser

/// How models that were trained behave, for models of any weights: what thoughts are worth is drawn at these rates.
struct ForcedRates: ParsableArguments {
    @Option(help: ArgumentHelp("The share of the draft's thoughts that are good, 0 to 1.", valueName: "share"))
    var draftGood = 0.5

    @Option(help: ArgumentHelp("The share of the target's thoughts that are good, 0 to 1.", valueName: "share"))
    var targetGood = 0.8

    @Option(
        help: ArgumentHelp("The share of texts that say what others of their path say, 0 to 1.", valueName: "share"))
    var duplicates = 0.5

    @Option(help: ArgumentHelp("The share of proposed tokens that is accepted, 0 to 1.", valueName: "share"))
    var acceptance = 0.8

    func validate() throws {
        for (name, share) in [
            ("draft-good", draftGood), ("target-good", targetGood), ("duplicates", duplicates),
            ("acceptance", acceptance),
        ] where !(0...1).contains(share) {
            throw ValidationError("--\(name) is \(share), expected 0 to 1.")
        }
    }
}
