internal import Files
internal import JSON

/// Files that hold one JSON object.
enum SavedFile {
    private static let mostBytes = 1 << 28

    /// Writes a file in the place of what is there: whole, or not at all.
    static func write(_ json: JSONValue, to path: String) throws(SavedSearchError) {
        do { try TemporaryFile.write(Array((json.serialized() + "\n").utf8), to: path) } catch {
            throw .unwritable(path: path, reason: "error \(error.code) of the system")
        }
    }

    /// What a file holds.
    static func read(_ path: String) throws(SavedSearchError) -> JSONValue {
        let bytes: [UInt8]
        do { bytes = try InputFile(path: path, followsLinks: true).readAll(limit: mostBytes) } catch {
            throw .unreadable(path: path, error)
        }
        do { return try JSONValue(parsing: bytes) } catch { throw .invalidJSON(error) }
    }
}
