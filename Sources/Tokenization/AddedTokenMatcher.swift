/// Finds added tokens in text: the leftmost first, the longest of those that start together.
///
/// A trie over bytes.
struct AddedTokenMatcher: Sendable {
    private struct Node {
        let byte: UInt8
        var token: Int32?
        var firstChild: Int?
        let nextSibling: Int?
    }

    private var nodes = [Node(byte: 0, token: nil, firstChild: nil, nextSibling: nil)]
    private var firstBytes = [Bool](repeating: false, count: 256)

    /// Looks for some tokens, whose ids and texts have been checked.
    init(_ tokens: [AddedToken]) {
        for token in tokens { insert(token.text.utf8, token: Int32(token.identifier)) }
    }

    private mutating func insert(_ text: String.UTF8View, token: Int32) {
        var node = 0
        for byte in text {
            if node == 0 { firstBytes[Int(byte)] = true }
            if let child = child(of: node, byte: byte) {
                node = child
            } else {
                nodes.append(Node(byte: byte, token: nil, firstChild: nil, nextSibling: nodes[node].firstChild))
                nodes[node].firstChild = nodes.count - 1
                node = nodes.count - 1
            }
        }
        nodes[node].token = token
    }

    /// Calls `text` and `token` for the parts of a text in their order, without empty texts.
    ///
    /// - Complexity: O(n) in the text, times the longest token, at most 256 bytes, where many start.
    func split(
        _ bytes: UnsafeBufferPointer<UInt8>, text: (UnsafeBufferPointer<UInt8>) -> Void, token: (Int32) -> Void
    ) {
        var start = 0
        var position = 0
        while position < bytes.count {
            guard firstBytes[Int(bytes[position])], let match = longestMatch(in: bytes, at: position) else {
                position += 1
                continue
            }
            if start < position { text(UnsafeBufferPointer(rebasing: bytes[start..<position])) }
            token(match.token)
            position = match.end
            start = position
        }
        if start < bytes.count { text(UnsafeBufferPointer(rebasing: bytes[start...])) }
    }

    private func longestMatch(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (token: Int32, end: Int)? {
        var match: (token: Int32, end: Int)?
        var node = 0
        var position = start
        while position < bytes.count, let child = child(of: node, byte: bytes[position]) {
            node = child
            position += 1
            if let token = nodes[node].token { match = (token, position) }
        }
        return match
    }

    private func child(of node: Int, byte: UInt8) -> Int? {
        var child = nodes[node].firstChild
        while let index = child, nodes[index].byte != byte { child = nodes[index].nextSibling }
        return child
    }
}
