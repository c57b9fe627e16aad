/// A file that the system did not let us write; `code` is its error number.
package struct WriteError: Error, Hashable, Sendable {
    /// The final path.
    package let path: String
    /// The system's error number.
    package let code: Int32
}
