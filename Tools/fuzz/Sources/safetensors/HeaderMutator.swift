import FuzzHooks

/// Changes an input in the terms of the format, so that most inputs get past the length field and the JSON parser.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    var mutator = HeaderMutator(UnsafeBufferPointer(start: bytes, count: count), seed: seed)
    guard maximum >= 64, mutator.isWhole, !mutator.chance(of: 16) else {
        return LLVMFuzzerMutate(bytes, count, maximum)
    }
    mutator.mutate(maximum: maximum)
    let mutated = mutator.file.prefix(maximum)
    _ = UnsafeMutableBufferPointer(start: bytes, count: maximum).update(fromContentsOf: mutated)
    return mutated.count
}

/// A safetensors file in two parts, and the changes that are tried on them.
struct HeaderMutator {
    private static let types = [
        "F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "I8", "U64", "U8", "BOOL", "F4", "C64", "",
    ]
    private static let numbers = [
        "0", "1", "2", "3", "4", "7", "8", "16", "-1", "1.0", "1e2", "4611686018427387904", "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "281474976710656", "281474976710657", "null", "[]", "{}",
    ]

    /// Whether the input has a header at all.
    let isWhole: Bool
    private var text: [UInt8] = []
    private var data: [UInt8] = []
    private var state: UInt64

    init(_ bytes: UnsafeBufferPointer<UInt8>, seed: CUnsignedInt) {
        state = UInt64(seed)
        let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        isWhole = bytes.count > 8 && length <= UInt64(bytes.count - 8)
        guard isWhole else { return }
        text = Array(bytes[8..<8 + Int(length)])
        data = Array(bytes[(8 + Int(length))...])
    }

    /// The file with the length that its header has.
    var file: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data }

    /// True once in `count` times.
    mutating func chance(of count: Int) -> Bool { random(below: count) == 0 }

    /// Tries one change, and mostly makes the data fit the offsets again.
    mutating func mutate(maximum: Int) {
        switch random(below: 6) {
        case 0: replaceNumber()
        case 1: replaceType()
        case 2: repeatEntry()
        case 3: swapNumbers()
        case 4: mutateData(maximum: maximum)
        default: mutateText(maximum: maximum)
        }
        if !chance(of: 4) { fitData() }
    }

    private mutating func random(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(limit, 1)
    }

    /// The places of whole numbers in the text.
    private var numberRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        for (place, byte) in text.enumerated() {
            let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            if isDigit, start == nil { start = place }
            if !isDigit, let begin = start {
                ranges.append(begin..<place)
                start = nil
            }
        }
        return ranges
    }

    private mutating func replaceNumber() {
        let ranges = numberRanges
        guard !ranges.isEmpty else { return }
        let number = HeaderMutator.numbers[random(below: HeaderMutator.numbers.count)]
        text.replaceSubrange(ranges[random(below: ranges.count)], with: number.utf8)
    }

    private mutating func swapNumbers() {
        let ranges = numberRanges
        guard ranges.count > 1 else { return }
        let number = Array(text[ranges[random(below: ranges.count)]])
        text.replaceSubrange(ranges[random(below: ranges.count)], with: number)
    }

    /// Puts another type behind a `"dtype":`.
    private mutating func replaceType() {
        let name = Array("\"dtype\":\"".utf8)
        let places = text.indices.filter { text[$0...].starts(with: name) }
        guard !places.isEmpty else { return }
        let start = places[random(below: places.count)] + name.count
        let end = text[start...].firstIndex(of: UInt8(ascii: "\"")) ?? start
        text.replaceSubrange(start..<end, with: HeaderMutator.types[random(below: HeaderMutator.types.count)].utf8)
    }

    /// Copies one member to another place, with another first letter or the same name.
    private mutating func repeatEntry() {
        let commas = text.indices.filter { text[$0] == UInt8(ascii: ",") || text[$0] == UInt8(ascii: "{") }
        let ends = text.indices.filter { text[$0] == UInt8(ascii: "}") }
        guard !commas.isEmpty, let end = ends.isEmpty ? nil : ends[random(below: ends.count)] else { return }
        let start = commas[random(below: commas.count)]
        guard start < end else { return }
        var entry = Array(text[(start + 1)...end])
        if entry.count > 1, !chance(of: 3) { entry[1] = UInt8(ascii: "a") + UInt8(random(below: 26)) }
        text.insert(contentsOf: entry + [UInt8(ascii: ",")], at: 1)
    }

    private mutating func mutateText(maximum: Int) {
        text = HeaderMutator.mutated(text, maximum: max(text.count, maximum - 8 - data.count))
    }

    private mutating func mutateData(maximum: Int) {
        data = HeaderMutator.mutated(data, maximum: max(data.count, maximum - 8 - text.count))
    }

    private static func mutated(_ bytes: [UInt8], maximum: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(maximum, 1)) { buffer, count in
            _ = buffer.update(fromContentsOf: bytes)
            count = LLVMFuzzerMutate(buffer.baseAddress!, bytes.count, max(maximum, 1))
        }
    }

    /// Gives the data section the size of the largest plausible offset.
    private mutating func fitData() {
        let numbers = numberRanges.compactMap { Int(String(decoding: text[$0], as: UTF8.self)) }
        guard let end = numbers.filter({ $0 <= 4_096 }).max() else { return }
        data = Array(data.prefix(end)) + Array(repeating: 0, count: max(0, end - data.count))
    }
}
