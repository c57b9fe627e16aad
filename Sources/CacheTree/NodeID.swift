/// Names a node of one `CacheTree`.
///
/// A node's place is used again after it is gone, but never under the same name: an old name is caught.
public struct NodeID: Hashable, Sendable {
    /// The place in the tree's table of nodes.
    let index: Int32
    /// How many nodes had this place before.
    let generation: UInt32
}
