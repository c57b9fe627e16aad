/// Where this checkout lies, found from the place of this very file.
public enum RepositoryRoot {
    /// The folder that holds Package.swift, without a slash at the end.
    public static let path: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast("Tests/TestSupport/RepositoryRoot.swift".split(separator: "/").count)
            .joined(separator: "/")
    }()

    /// The absolute path of a file or folder that is named from the root, such as `Weights/tiny`.
    public static func path(of relative: String) -> String { path + "/" + relative }
}
