import Files

/// The file that is written; it gets its name when it is complete.
enum OutputFile {
    /// Checks that the place may be taken.
    ///
    /// - Parameters:
    ///   - path: the final path; its folder must be there.
    ///   - input: what is read, which must stay whole.
    ///   - replaces: whether a file that is there already may be replaced.
    ///   - bytes: how much room is needed.
    static func check(_ path: String, input: String, replaces: Bool, bytes: Int) throws(ConvertError) {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard OutputFolder.resolved(parent) != nil else { throw .missing(path: parent) }
        switch PathKind(of: path) {
        case .nothing: break
        case .folder, .special: throw .notFile(path: path)
        case .file:
            guard replaces else { throw .fileExists(path: path) }
            if OutputFolder.resolved(path) == OutputFolder.resolved(input) {
                throw .overlapping(input: input, output: path)
            }
        }
        try OutputFolder.checkSpace(in: parent, needed: bytes)
    }
}
