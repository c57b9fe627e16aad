/// Byte-pair encoding: pieces of text into tokens (Sennrich et al., "Neural machine translation of rare
/// words with subword units", 2016, section 3.2).
///
/// A piece starts as one token per byte, or per character; the neighbours whose merge comes first in the list are joined, the leftmost
/// of equals first, until no neighbours merge.
struct BytePairs: Sendable {
    /// The token of every byte.
    private let byteTokens: [UInt32]
    /// Whether a piece starts as one token per character, and as bytes only where the vocabulary lacks one
    /// (SentencePiece).
    private let startsWithCharacters: Bool
    private let merges: MergeTable
    /// Whether a piece that is a token as a whole is that token, without looking at merges (Llama 3).
    private let prefersWholePieces: Bool

    /// Pieces up to this many bytes are merged by looking through all neighbours, longer ones with a queue.
    static let shortPiece = 64
    /// Many times the merges of any published vocabulary.
    static let mostMerges = 1 << 24

    /// The parts of a model that has been checked.
    init(byteTokens: [UInt32], startsWithCharacters: Bool, merges: MergeTable, prefersWholePieces: Bool) {
        precondition(byteTokens.count == 256, "one token for every byte")
        self.byteTokens = byteTokens
        self.startsWithCharacters = startsWithCharacters
        self.merges = merges
        self.prefersWholePieces = prefersWholePieces
    }

    /// Appends the tokens of one piece.
    ///
    /// - Complexity: O(n log n) in the bytes of the piece.
    func append(_ piece: UnsafeBufferPointer<UInt8>, vocabulary: Vocabulary, to tokens: inout [Int32]) {
        if piece.count == 1, !startsWithCharacters {
            tokens.append(Int32(bitPattern: byteTokens[Int(piece[0])]))
        } else if prefersWholePieces, let token = vocabulary.ordinaryToken(UnsafeRawBufferPointer(piece)) {
            tokens.append(token)
        } else if piece.count <= BytePairs.shortPiece {
            appendShort(piece, vocabulary, to: &tokens)
        } else {
            appendLong(piece, vocabulary, to: &tokens)
        }
    }

    // MARK: Short pieces

    private func appendShort(
        _ piece: UnsafeBufferPointer<UInt8>, _ vocabulary: Vocabulary, to tokens: inout [Int32]
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: BytePairs.shortPiece) { symbols in
            withUnsafeTemporaryAllocation(of: MergeTable.Merge.self, capacity: BytePairs.shortPiece) { pairs in
                let count = merge(symbols, pairs: pairs, count: fill(symbols, from: piece, vocabulary))
                for index in 0..<count { tokens.append(Int32(bitPattern: symbols[index])) }
            }
        }
    }

    /// Writes the tokens that a piece starts as, and gives back how many there are: at most one per byte.
    private func fill(
        _ symbols: UnsafeMutableBufferPointer<UInt32>, from piece: UnsafeBufferPointer<UInt8>, _ vocabulary: Vocabulary
    ) -> Int {
        var count = 0
        var position = 0
        while position < piece.count {
            let length = startsWithCharacters ? piece.scalar(at: position).length : 1
            let character = UnsafeRawBufferPointer(
                rebasing: UnsafeRawBufferPointer(piece)[position..<position + length])
            if startsWithCharacters, let token = vocabulary.ordinaryToken(character) {
                symbols[count] = UInt32(bitPattern: token)
                count += 1
            } else {
                for byte in character {
                    symbols[count] = byteTokens[Int(byte)]
                    count += 1
                }
            }
            position += length
        }
        return count
    }

    /// Merges in place and gives back how many symbols are left. `pairs[i]` is the merge of symbols i and i + 1.
    private func merge(
        _ symbols: UnsafeMutableBufferPointer<UInt32>, pairs: UnsafeMutableBufferPointer<MergeTable.Merge>, count: Int
    ) -> Int {
        var count = count
        for index in 0..<max(0, count - 1) { pairs[index] = merges[symbols[index], symbols[index + 1]] }
        while count > 1 {
            var position = 0
            var best = pairs[0]
            for index in 1..<count - 1 where pairs[index] < best {
                best = pairs[index]
                position = index
            }
            if best == .none { break }
            symbols[position] = best.token
            count -= 1
            for index in position + 1..<count { symbols[index] = symbols[index + 1] }
            for index in position..<count - 1 { pairs[index] = pairs[index + 1] }
            if position > 0 { pairs[position - 1] = merges[symbols[position - 1], symbols[position]] }
            if position < count - 1 { pairs[position] = merges[symbols[position], symbols[position + 1]] }
        }
        return count
    }

    // MARK: Long pieces

    /// Merges a linked list of symbols; the queue holds every merge that was possible at some time, and those that no
    /// longer are, are recognised when they come up.
    private func appendLong(
        _ piece: UnsafeBufferPointer<UInt8>, _ vocabulary: Vocabulary, to tokens: inout [Int32]
    ) {
        var symbols = [UInt32](unsafeUninitializedCapacity: piece.count) { buffer, count in
            count = fill(buffer, from: piece, vocabulary)
        }
        let end = symbols.count
        var pairs = [MergeTable.Merge](repeating: .none, count: end)
        var next = Array(1...end)
        var previous = Array(-1..<end - 1)
        var queue = MergeQueue()
        func update(_ left: Int) {
            let right = next[left]
            pairs[left] = right < end ? merges[symbols[left], symbols[right]] : .none
            if pairs[left] != .none { queue.insert(left, rank: pairs[left].rank) }
        }
        for place in 0..<end { update(place) }
        while let (rank, place) = queue.popFirst() {
            guard pairs[place] != .none, pairs[place].rank == rank else { continue }
            symbols[place] = pairs[place].token
            let removed = next[place]
            pairs[removed] = .none
            next[place] = next[removed]
            if next[removed] < end { previous[next[removed]] = place }
            update(place)
            if previous[place] >= 0 { update(previous[place]) }
        }
        var place = 0
        while place < end {
            tokens.append(Int32(bitPattern: symbols[place]))
            place = next[place]
        }
    }
}
