/// What a conversion did.
struct ConversionReport {
    var tensors = 0
    var bytes = 0
    var files = 0
    var overflows = 0
    var seconds = 0.0

    /// One line for people.
    func summary(precision: Precision) -> String {
        let files = files == 1 ? "1 file" : "\(files) files"
        let rate = ByteCount(Int(Double(bytes) / max(seconds, 1e-3)))
        let tenths = (seconds * 10).rounded() / 10
        let warning =
            overflows == 0 ? "" : " Beyond the range of \(precision.rawValue), now infinite: \(overflows) values."
        return "Wrote \(tensors) tensors as \(precision.rawValue): \(ByteCount(bytes)) in \(files), "
            + "\(tenths) s (\(rate)/s).\(warning)\n"
    }
}
