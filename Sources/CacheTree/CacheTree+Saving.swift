internal import Compute
internal import Files
internal import Safetensors
internal import Transformer

extension CacheTree {
    /// Writes the paths to some nodes into a file, with all that the models have computed of them.
    ///
    /// What several paths share is written once. Of a page that others use, too, only the slots of these paths are written.
    /// - Parameters:
    ///   - held: the ends of the paths.
    ///   - path: where the file is to be; one that is there already is replaced once the new one is complete.
    ///   - origin: what computed them; one fingerprint for each model of the tree.
    ///   - note: free text that the file carries.
    /// - Throws: `CacheFileError.file` if the file cannot be written.
    public func save(
        _ held: [NodeID], to path: String, origin: CacheOrigin, note: String = ""
    ) throws(CacheFileError) {
        let parts = parts(of: PathSelection(held.map { index(of: $0) }, in: self), note)
        do { try CacheTree.write(parts, to: path, origin) } catch { throw .file(error) }
    }

    /// Declares all tensors, then writes them and their checksum.
    private static func write(_ parts: [Part], to path: String, _ origin: CacheOrigin) throws(SafetensorsError) {
        let sum = TensorDeclaration(name: "checksum", elementType: .uint64, shape: [1])
        let writer = try SafetensorsWriter(
            path: path, tensors: parts.map(\.declaration) + [sum],
            metadata: Dictionary(uniqueKeysWithValues: origin.metadata.map { ($0.name, $0.value) }))
        var checksum: UInt64 = 0
        for part in parts {
            try part.write { bytes throws(SafetensorsError) in
                checksum = Checksum.of(bytes, seed: checksum)
                try writer.append(bytes, to: part.declaration.name)
            }
        }
        try Part(sum, [checksum.littleEndian]).write { bytes throws(SafetensorsError) in
            try writer.append(bytes, to: sum.name)
        }
        try writer.finish()
    }

    /// The tensors of a file, in the order of its checksum.
    private func parts(of paths: PathSelection, _ note: String) -> [Part] {
        let members = paths.members
        let shapes = members.flatMap { [paths.number(of: nodes[$0].parent), Int32(nodes[$0].tokens.count)] }
        var parts = [
            Part("nodes", [members.count, 2], shapes), Part("tokens", nil, members.flatMap { nodes[$0].tokens }),
            Part("held", nil, paths.held),
            Part(TensorDeclaration(name: "note", elementType: .uint8, shape: [note.utf8.count]), Array(note.utf8)),
        ]
        for model in pools.indices {
            let computed = members.map { Int32(nodes[$0].memory[model].computed) }
            parts += [Part("computed.\(model)", nil, computed), pages(of: members, model: model)]
        }
        return parts
    }

    /// The pages of some nodes, with zeros in the slots of others.
    private func pages(of members: [Int], model: Int) -> Part {
        let (memory, bytesPerPage) = (pools[model].memory, pools[model].layout.bytesPerPage)
        let count = members.reduce(0) { $0 + nodes[$1].memory[model].pages.count }
        let declaration = TensorDeclaration(
            name: "pages.\(model)", elementType: .uint8, shape: [count, bytesPerPage])
        return Part(declaration) { write throws(SafetensorsError) in
            let page = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesPerPage, alignment: 64)
            defer { page.deallocate() }
            for index in members {
                let computed =
                    self.nodes[index].start..<self.nodes[index].start + self.nodes[index].memory[model].computed
                for (offset, number) in self.nodes[index].memory[model].pages.enumerated() {
                    let first = (computed.lowerBound / PageLayout.tokens + offset) * PageLayout.tokens
                    let own = computed.clamped(to: first..<first + PageLayout.tokens)
                    page.initializeMemory(as: UInt8.self, repeating: 0)
                    memory.layout.copy(
                        own.lowerBound - first..<own.upperBound - first, of: memory.page(Int(number)),
                        to: page.baseAddress!)
                    try write(UnsafeRawBufferPointer(page))
                }
            }
        }
    }
}

/// The nodes of some paths.
private struct PathSelection {
    /// The nodes with tokens, parents first.
    private(set) var members: [Int] = []
    /// The ends of the paths, by their numbers.
    private(set) var held: [Int32] = []
    private var numbers = [CacheTree.rootIndex: Int32(-1)]

    init(_ ends: [Int], in tree: CacheTree) {
        for end in ends {
            let last = tree.nodes[end].tokens.isEmpty ? tree.nodes[end].parent : end
            var path: [Int] = []
            var index = last
            while numbers[index] == nil {
                path.append(index)
                index = tree.nodes[index].parent
            }
            for index in path.reversed() {
                numbers[index] = Int32(members.count)
                members.append(index)
            }
            held.append(number(of: last))
        }
    }

    /// The place of a node among the members; −1 for the root.
    func number(of index: Int) -> Int32 { numbers[index] ?? -1 }
}

/// A tensor, and how its bytes are come by.
private struct Part {
    typealias Writing = (UnsafeRawBufferPointer) throws(SafetensorsError) -> Void

    let declaration: TensorDeclaration
    /// Gives the bytes, piece by piece.
    let write: (Writing) throws(SafetensorsError) -> Void

    init(_ declaration: TensorDeclaration, write: @escaping (Writing) throws(SafetensorsError) -> Void) {
        self.declaration = declaration
        self.write = write
    }

    init(_ declaration: TensorDeclaration, _ values: [some FixedWidthInteger]) {
        self.init(declaration) { write throws(SafetensorsError) in
            let result = values.withUnsafeBytes { bytes in
                Result { () throws(SafetensorsError) in try write(bytes) }
            }
            try result.get()
        }
    }

    init(_ name: String, _ shape: [Int]?, _ values: [Int32]) {
        self.init(
            TensorDeclaration(name: name, elementType: .int32, shape: shape ?? [values.count]),
            values.map(\.littleEndian))
    }
}
