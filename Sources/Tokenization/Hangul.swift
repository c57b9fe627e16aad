/// Hangul syllables by arithmetic (Unicode Standard, section 3.12).
enum Hangul {
    /// Vowels, which join the lead consonant before them.
    static let vowels: Range<UInt32> = 0x1161..<0x1176
    /// Trailing consonants, which join the syllable before them.
    static let trails: Range<UInt32> = 0x11A8..<0x11C3

    private static let leads: Range<UInt32> = 0x1100..<0x1113
    private static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
    private static let trailsPerVowel: UInt32 = 28
    private static let vowelCount = UInt32(vowels.count)

    /// The parts of a syllable, or nil for any other scalar.
    static func decomposition(of scalar: UInt32) -> (lead: UInt32, vowel: UInt32, trail: UInt32?)? {
        guard syllables.contains(scalar) else { return nil }
        let (pair, trail) = (scalar - syllables.lowerBound).quotientAndRemainder(dividingBy: trailsPerVowel)
        let (lead, vowel) = pair.quotientAndRemainder(dividingBy: vowelCount)
        return (
            leads.lowerBound + lead, vowels.lowerBound + vowel,
            trail == 0 ? nil : trails.lowerBound + trail - 1
        )
    }

    /// The syllable of a lead and a vowel, or of a syllable without trail and a trail; else nil.
    static func composite(of first: UInt32, _ second: UInt32) -> UInt32? {
        if leads.contains(first), vowels.contains(second) {
            let pair = (first - leads.lowerBound) * vowelCount + second - vowels.lowerBound
            return syllables.lowerBound + pair * trailsPerVowel
        }
        if syllables.contains(first), trails.contains(second),
            (first - syllables.lowerBound).isMultiple(of: trailsPerVowel)
        {
            return first + second - trails.lowerBound + 1
        }
        return nil
    }
}
