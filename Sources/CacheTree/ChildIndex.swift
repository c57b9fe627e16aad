/// The children of a node, in order of creation, and by their first token.
///
/// Looking a child up by token takes constant time, adding as well; removing scans the siblings.
struct ChildIndex {
    /// Places of all children in the tree's table.
    private(set) var members: [Int32] = []
    /// The children that have tokens, by their first.
    private var byToken: [Int32: [Int32]] = [:]

    /// Whether there are no children.
    var isEmpty: Bool { members.isEmpty }

    /// The children whose tokens begin with `token`.
    func beginning(with token: Int32) -> [Int32] { byToken[token] ?? [] }

    /// Adds a child; `token` is its first, nil if it is empty.
    mutating func add(_ child: Int32, token: Int32?) {
        members.append(child)
        rekey(child, from: nil, to: token)
    }

    /// Removes a child; `token` is its first, nil if it is empty.
    mutating func remove(_ child: Int32, token: Int32?) {
        rekey(child, from: token, to: nil)
        guard let position = members.lastIndex(of: child) else { preconditionFailure("not a child") }
        members.remove(at: position)
    }

    /// Puts one child, that begins with the same token, in the place of another.
    mutating func replace(_ child: Int32, with other: Int32, token: Int32) {
        guard let position = members.lastIndex(of: child), let key = byToken[token]?.lastIndex(of: child) else {
            preconditionFailure("not a child")
        }
        members[position] = other
        byToken[token]?[key] = other
    }

    /// Notes that the first token of a child has changed; nil stands for none.
    mutating func rekey(_ child: Int32, from old: Int32?, to new: Int32?) {
        if let old {
            guard let key = byToken[old]?.lastIndex(of: child) else { preconditionFailure("not a child") }
            byToken[old]?.remove(at: key)
            if byToken[old]?.isEmpty == true { byToken[old] = nil }
        }
        if let new { byToken[new, default: []].append(child) }
    }
}
