import ArgumentParser

/// A number of bytes as people write it: 500MB (powers of 1000), 2GiB (powers of 1024), 4096.
struct ByteCount: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// The number.
    let bytes: Int

    /// Wraps a number.
    init(_ bytes: Int) { self.bytes = bytes }

    /// Reads a whole number with a unit; nil for anything else, for zero, and for more than fits.
    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(digits.count).drop { $0 == " " }
        let factors = [
            "": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
            "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        ]
        guard let number = Int(digits), number > 0, let factor = factors[unit.lowercased()] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    /// The number with a unit and at most one digit behind the point.
    var description: String {
        var scaled = Double(bytes)
        var units = ["B", "kB", "MB", "GB", "TB"][...]
        while scaled >= 999.95, units.count > 1 {
            scaled /= 1_000
            units.removeFirst()
        }
        let tenths = Int((scaled * 10).rounded())
        return tenths % 10 == 0
            ? "\(tenths / 10) \(units[units.startIndex])" : "\(Double(tenths) / 10) \(units[units.startIndex])"
    }

    /// How help shows the default.
    var defaultValueDescription: String { description.split(separator: " ").joined() }
}
