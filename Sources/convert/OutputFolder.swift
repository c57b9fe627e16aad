#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The folder that is written: built beside its final place, and moved there when it is complete.
final class OutputFolder {
    /// The final path.
    let path: String
    /// Where files go until `commit()`.
    let partialPath: String
    private var isCommitted = false

    /// Checks that the final place may be taken, and makes the partial folder beside it.
    ///
    /// - Parameters:
    ///   - path: the final path; its parent must be there.
    ///   - input: the folder that is read, which must stay whole.
    ///   - replaces: whether a model that is there already may be replaced.
    ///   - bytes: how much room is needed.
    init(path: String, input: String, replaces: Bool, bytes: Int) throws(ConvertError) {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        let parent = trimmed.lastIndex(of: "/").map { $0 == trimmed.startIndex ? "/" : String(trimmed[..<$0]) } ?? "."
        guard OutputFolder.resolved(parent) != nil else { throw .missing(path: parent) }
        // The real place, so that a link to a folder is followed once and for all.
        let final = OutputFolder.resolved(String(trimmed)) ?? String(trimmed)
        try OutputFolder.check(final, input: input, replaces: replaces)
        try OutputFolder.checkSpace(in: parent, needed: bytes)
        self.path = final
        partialPath = "\(final).partial-\(getpid())"
        guard mkdir(partialPath, 0o777) == 0 else { throw .refused(path: partialPath, code: errno) }
    }

    deinit {
        if !isCommitted { OutputFolder.remove(partialPath) }
    }

    /// Gives the folder its final name. What was there goes away only after the new folder is in place.
    func commit() throws(ConvertError) {
        let replaced = "\(path).replaced-\(getpid())"
        // Succeeds where nothing or an empty folder is.
        if rename(partialPath, path) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST, rename(path, replaced) == 0 else {
                throw .refused(path: path, code: errno)
            }
            guard rename(partialPath, path) == 0 else {
                let code = errno
                _ = rename(replaced, path)
                throw .refused(path: path, code: code)
            }
            OutputFolder.remove(replaced)
        }
        isCommitted = true
    }

    private static func check(_ path: String, input: String, replaces: Bool) throws(ConvertError) {
        if let source = resolved(input), "\(source)/".hasPrefix("\(path)/") {
            throw .overlapping(input: input, output: path)
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .refused(path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notFolder(path: path) }
        let entries = try FolderListing(path: path).entries
        guard !entries.isEmpty else { return }
        guard replaces else { throw .notEmpty(path: path) }
        let foreign = entries.first { $0.kind != .file || !isPartOfModel($0.name) }
        if let foreign { throw .foreignEntry(path: path, name: foreign.name) }
    }

    /// Whether `convert` may have written a file of this name.
    private static func isPartOfModel(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") || name == ModelFolder.configurationName || name.hasSuffix(".index.json")
            || ModelFolder.isCompanion(name)
    }

    /// Checks that the disk has room.
    static func checkSpace(in folder: String, needed: Int) throws(ConvertError) {
        var system = statvfs()
        guard statvfs(folder, &system) == 0 else { return }
        let free = Int(clamping: UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize)).0)
        guard free >= needed else { throw .noSpace(path: folder, needed: needed, free: free) }
    }

    /// The real path of what is there, or nil.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Removes a folder of files; what cannot be removed stays.
    private static func remove(_ folder: String) {
        let entries = (try? FolderListing(path: folder))?.entries ?? []
        for entry in entries { _ = unlink("\(folder)/\(entry.name)") }
        _ = rmdir(folder)
    }
}
