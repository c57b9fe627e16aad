/// A key that clients have to show.
struct AccessKey: Sendable {
    private let bytes: [UInt8]

    init(_ key: String) { bytes = Array(key.utf8) }

    /// Whether an `Authorization` header shows it. The time this takes says nothing about how much of the key is right.
    func isShown(by header: String?) -> Bool {
        guard let header, header.hasPrefix("Bearer ") else { return false }
        let shown = Array(header.utf8.dropFirst("Bearer ".utf8.count))
        var difference = UInt64(shown.count ^ bytes.count)
        for (index, byte) in shown.enumerated() { difference |= UInt64(byte ^ bytes[index % bytes.count]) }
        return difference == 0
    }
}
