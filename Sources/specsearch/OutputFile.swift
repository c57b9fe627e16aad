import Files

/// A file that is written when the work is done, but tried before it begins, so that a wrong path is not found out behind it.
struct OutputFile {
    /// A file that cannot be written.
    struct Unwritable: Error, CustomStringConvertible {
        let path: String
        let option: String
        let code: Int32

        var description: String {
            "\(path) cannot be written (error \(code)). Give \(option) a file in a folder that is there."
        }
    }

    private let path: String
    private let option: String

    /// - Parameters:
    ///   - path: where it will be.
    ///   - option: which option named it, for errors.
    /// - Throws: `Unwritable`; nothing is left there.
    init(path: String, option: String) throws(Unwritable) {
        self.path = path
        self.option = option
        _ = try temporary()
    }

    /// Writes it, in the place of what is there: whole, or not at all.
    func write(_ text: String) throws(Unwritable) {
        let file = try temporary()
        do {
            try file.write(Array(text.utf8), at: 0)
            try file.commit()
        } catch { throw Unwritable(path: path, option: option, code: error.code) }
    }

    private func temporary() throws(Unwritable) -> TemporaryFile {
        do { return try TemporaryFile(path: path) } catch {
            throw Unwritable(path: path, option: option, code: error.code)
        }
    }
}
