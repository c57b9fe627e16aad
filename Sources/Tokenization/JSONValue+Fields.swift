import JSON

extension JSONValue {
    /// A member that is true or false, or nil where it is absent or null.
    ///
    /// - Throws: `malformed` for any other value, since taking it for false could hide that a token is special.
    func flag(_ name: String, of field: String) throws(TokenizerError) -> Bool? {
        guard let value = self[name], value != .null else { return nil }
        guard let flag = value.bool else {
            throw .malformed(field: "\(field).\(name)", found: value.excerpt, expected: "true or false")
        }
        return flag
    }
}
