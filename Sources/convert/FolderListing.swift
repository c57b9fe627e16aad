#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The entries of a folder, in alphabetic order, without `.` and `..`.
struct FolderListing {
    /// What an entry is; symbolic links are not followed.
    enum Kind {
        case file, link, other
    }

    /// Names with kinds.
    private(set) var entries: [(name: String, kind: Kind)] = []

    /// Lists a folder.
    init(path: String) throws(ConvertError) {
        guard let stream = opendir(path) else {
            throw errno == ENOENT ? .missing(path: path) : .refused(path: path, code: errno)
        }
        defer { _ = closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { throw .refused(path: path, code: errno) }
            switch status.st_mode & S_IFMT {
            case S_IFREG: entries.append((name, .file))
            case S_IFLNK: entries.append((name, .link))
            default: entries.append((name, .other))
            }
        }
        entries.sort { $0.name < $1.name }
    }
}
