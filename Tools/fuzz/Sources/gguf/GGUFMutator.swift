import FuzzHooks
import FuzzSupport

/// Changes an input in the terms of the format, so that most inputs get past the counts and lengths.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    var source = MutationSource(seed: seed)
    let fields = FieldWalk(Array(UnsafeBufferPointer(start: bytes, count: count))).fields
    guard !source.chance(of: 8), let field = source.element(fields) else {
        return LLVMFuzzerMutate(bytes, count, maximum)
    }
    let numbers: [UInt64] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 30, 31, 32, 33, 64, 96, 255, 256, 1 << 20, 1 << 31, 1 << 32,
        1 << 48, 1 << 62, 1 << 63, .max,
    ]
    var value = source.element(numbers) ?? 0
    // Or the value of another field.
    if source.chance(of: 3), let other = source.element(fields) {
        value = other.reversed().reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
    }
    for place in field {
        bytes[place] = UInt8(truncatingIfNeeded: value)
        value >>= 8
    }
    return count
}

/// Finds the numbers of a header: versions, counts, lengths, types, sizes, offsets.
private struct FieldWalk {
    private(set) var fields: [Range<Int>] = []
    private let bytes: [UInt8]
    private var offset = 4

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: Array("GGUF".utf8)) else { return }
        _ = number(4)
        let (tensors, entries) = (number(8), number(8))
        for _ in 0..<min(entries, 1_000) where offset < bytes.count {
            skip(number(8))
            value(number(4))
        }
        for _ in 0..<min(tensors, 1_000) where offset < bytes.count {
            skip(number(8))
            for _ in 0..<min(number(4), 8) { _ = number(8) }
            _ = number(4)
            _ = number(8)
        }
    }

    private mutating func number(_ width: Int) -> UInt64 {
        guard offset + width <= bytes.count else {
            offset = bytes.count
            return 0
        }
        fields.append(offset..<offset + width)
        defer { offset += width }
        return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func skip(_ count: UInt64) { offset += Int(min(count, UInt64(bytes.count - offset))) }

    private mutating func value(_ type: UInt64) {
        let widths: [UInt64: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
        if let width = widths[type] {
            _ = number(width)
        } else if type == 8 {
            skip(number(8))
        } else if type == 9 {
            let element = number(4)
            for _ in 0..<min(number(8), 1_000) where offset < bytes.count && element != 9 { value(element) }
        }
    }
}
