/// The bytes before the data of a GGUF file, one value after another.
struct GGUFHeaderBytes {
    private(set) var bytes: [UInt8] = Array("GGUF".utf8)

    /// Begins with version 3.
    init() { append(3 as UInt32) }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func text(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    mutating func pad(to count: Int) { bytes += Array(repeating: 0, count: count - bytes.count) }

    /// An entry of the metadata: its key, its type, its value.
    mutating func append(_ key: String, _ value: GGUFValue) {
        text(key)
        switch value {
        case .integer(let integer): append(integer, type: GGUFHeaderBytes.type(of: integer), isTyped: true)
        case .number(let number):
            append(6 as UInt32)
            append(Float(number).bitPattern)
        case .bool(let flag):
            append(7 as UInt32)
            bytes.append(flag ? 1 : 0)
        case .string(let string):
            append(8 as UInt32)
            text(string)
        case .integers(let integers):
            let type: UInt32 = integers.allSatisfy { Int32(exactly: $0) != nil } ? 5 : 11
            list(type, count: integers.count)
            for integer in integers { append(integer, type: type, isTyped: false) }
        case .numbers(let numbers):
            list(6, count: numbers.count)
            for number in numbers { append(Float(number).bitPattern) }
        case .bools(let flags):
            list(7, count: flags.count)
            bytes += flags.map { $0 ? 1 : 0 }
        case .strings(let strings):
            list(8, count: strings.count)
            for string in strings { text(string) }
        }
    }

    private mutating func list(_ type: UInt32, count: Int) {
        append(9 as UInt32)
        append(type)
        append(UInt64(count))
    }

    private mutating func append(_ integer: Int, type: UInt32, isTyped: Bool) {
        if isTyped { append(type) }
        switch type {
        case 4: append(UInt32(integer))
        case 5: append(Int32(integer))
        default: append(Int64(integer))
        }
    }

    /// The narrowest type that readers take for counts and ids: 32 bits without a sign, then with one, then 64.
    private static func type(of integer: Int) -> UInt32 {
        if UInt32(exactly: integer) != nil { return 4 }
        return Int32(exactly: integer) != nil ? 5 : 11
    }
}
