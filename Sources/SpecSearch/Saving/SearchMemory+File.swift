internal import Files
internal import JSON

extension SearchMemory {
    private static let format = "specsearch memory 1"
    private static let mostBytes = 1 << 28

    /// Writes it into a file, in the place of what is there: whole, or not at all.
    public func write(to path: String) throws(SavedSearchError) {
        let file: JSONValue = ["format": .string(Self.format), "memory": json]
        do { try TemporaryFile.write(Array((file.serialized() + "\n").utf8), to: path) } catch {
            throw .unwritable(path: path, reason: "error \(error.code) of the system")
        }
    }

    /// Reads a file that `write(to:)` wrote.
    public init(contentsOf path: String) throws(SavedSearchError) {
        let bytes: [UInt8]
        do { bytes = try InputFile(path: path, followsLinks: true).readAll(limit: Self.mostBytes) } catch {
            throw .unreadable(path: path, error)
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes) } catch { throw .invalidJSON(error) }
        let fields = try JSONFields(json, allowed: ["format", "memory"], failure: SavedSearchError.init)
        let format = try fields.requiredText("format")
        guard format == Self.format else {
            throw .invalidMember("format", found: JSONValue.string(format).excerpt, expected: "\"\(Self.format)\"")
        }
        self = try fields.required("memory", "what is known of scores") { SearchMemory($0) }
    }
}
