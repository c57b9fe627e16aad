internal import Files
internal import JSON

extension ModelConfiguration {
    /// The largest configuration file that is read, in bytes; published ones have a few thousand.
    private static let fileLimit = 1 << 20

    /// Reads `config.json`, and `generation_config.json` if there is one, from a Hugging Face folder.
    ///
    /// - Throws: `LoadError`.
    public init(folder: String) throws(LoadError) {
        guard let json = try ModelConfiguration.read("\(folder)/config.json") else {
            throw .missingFile(path: "\(folder)/config.json")
        }
        try self.init(json: json, generation: try ModelConfiguration.read("\(folder)/generation_config.json"))
    }

    /// The value of a JSON file, or nil if there is no such file.
    private static func read(_ path: String) throws(LoadError) -> JSONValue? {
        let bytes: [UInt8]
        do {
            bytes = try InputFile(path: path, followsLinks: true).readAll(limit: fileLimit)
        } catch .missing {
            return nil
        } catch {
            throw .unreadable(path: path, error)
        }
        do { return try JSONValue(parsing: bytes) } catch { throw .invalidJSON(path: path, error) }
    }
}
