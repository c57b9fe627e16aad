internal import JSON

extension SearchMemory {
    private static let format = "specsearch memory 1"

    /// Writes it into a file, in the place of what is there: whole, or not at all.
    ///
    /// - Throws: `SavedSearchError.unwritable`.
    public func write(to path: String) throws(SavedSearchError) {
        try SavedFile.write(["format": .string(Self.format), "memory": json], to: path)
    }

    /// Reads a file that `write(to:)` wrote.
    ///
    /// - Throws: `SavedSearchError.unreadable`, `.invalidJSON` or `.invalidMember`.
    public init(contentsOf path: String) throws(SavedSearchError) {
        let fields = try JSONFields(
            SavedFile.read(path), allowed: ["format", "memory"], failure: SavedSearchError.init)
        let format = try fields.requiredText("format")
        guard format == Self.format else {
            throw .invalidMember("format", found: JSONValue.string(format).excerpt, expected: "\"\(Self.format)\"")
        }
        self = try fields.required("memory", "what is known of scores") { SearchMemory($0) }
    }
}
