/// Texts with one place to fill.
enum Template {
    /// What stands before and after the only placeholder of a template.
    ///
    /// - Throws: `BundleError.template` if the placeholder is missing or occurs twice.
    static func split(
        _ template: String, at placeholder: String, key: String
    ) throws(BundleError) -> (before: [UInt8], after: [UInt8]) {
        let bytes = Array(template.utf8)
        let mark = Array(placeholder.utf8)
        let places = bytes.indices.filter { bytes[$0...].starts(with: mark) }
        guard places.count == 1, let place = places.first else {
            throw .template(key: key, found: template, expected: "a text with \(placeholder) once")
        }
        return (Array(bytes[..<place]), Array(bytes[(place + mark.count)...]))
    }
}
