/// The weights with which tokens run a race, and a cheaper measure that orders them.
protocol RaceWeights {
    /// The weight of a token, 0 if it may not run.
    func weight(_ token: Int) -> Double

    /// A number that is larger for larger weights.
    func level(_ token: Int) -> Double

    /// A level that every token of at least this weight reaches.
    func level(ofWeight weight: Double) -> Double
}
