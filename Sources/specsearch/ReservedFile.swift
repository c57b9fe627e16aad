import Files

/// A file that is written when the work is done, but opened before it begins, so that a wrong path is not found out
/// behind it.
struct ReservedFile {
    /// A file that cannot be written.
    struct Unwritable: Error, CustomStringConvertible {
        let path: String
        let option: String
        let code: Int32

        var description: String {
            "\(path) cannot be written (error \(code)). Give \(option) a file in a folder that is there."
        }
    }

    private let option: String
    private let file: TemporaryFile

    /// - Parameters:
    ///   - path: where it will be.
    ///   - option: which option named it, for errors.
    init(path: String, option: String) throws {
        self.option = option
        do { file = try TemporaryFile(path: path) } catch {
            throw Unwritable(path: path, option: option, code: error.code)
        }
    }

    /// Writes it; before that nothing is there.
    func write(_ text: String) throws {
        do {
            try file.write(Array(text.utf8), at: 0)
            try file.commit()
        } catch { throw Unwritable(path: file.path, option: option, code: error.code) }
    }
}
