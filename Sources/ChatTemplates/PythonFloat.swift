/// Floating-point numbers as Python writes them.
enum PythonFloat {
    /// The shortest digits that mean this number; with an exponent below 0.0001 and from 10^16 on.
    static func description(_ value: Double) -> String {
        guard value.isFinite, value != 0 else {
            return value.isNaN
                ? "nan" : value == 0 ? (value.sign == .minus ? "-0.0" : "0.0") : value > 0 ? "inf" : "-inf"
        }
        let (digits, exponent) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard (-4..<16).contains(exponent) else {
            let fraction = digits.count > 1 ? "." + String(digits.dropFirst()) : ""
            let power = String(exponent.magnitude)
            return sign + String(digits.prefix(1)) + fraction + (exponent < 0 ? "e-" : "e+")
                + String(repeating: "0", count: max(0, 2 - power.count)) + power
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let padded = digits + String(repeating: "0", count: max(0, exponent + 2 - digits.count))
        return sign + String(padded.prefix(exponent + 1)) + "." + String(padded.dropFirst(exponent + 1))
    }

    /// The digits without zeros around them, and the power of ten of the first one.
    private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        let all = whole + fraction
        let leading = all.prefix { $0 == "0" }.count
        var digits = String(all.dropFirst(leading))
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (digits, written + whole.count - 1 - leading)
    }
}
