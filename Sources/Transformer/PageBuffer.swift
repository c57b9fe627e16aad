internal import Compute

/// Pages with memory of their own, zeroed and freed with the last reference: for whoever runs paths without a cache tree.
package final class PageBuffer {
    /// Where the pages lie; valid while the buffer lives.
    package let memory: PageMemory
    private let floats: FloatBuffer

    /// Allocates pages.
    package init(pages: Int, layout: PageLayout) {
        floats = FloatBuffer(count: pages * layout.bytesPerPage / MemoryLayout<Float>.stride)
        memory = PageMemory(floats.floats, layout: layout)
    }
}
