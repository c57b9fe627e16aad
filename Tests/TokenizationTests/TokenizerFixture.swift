import Files
import JSON
import TestSupport
import XCTest

@testable import Tokenization

/// What the `tokenizers` library said, as Tools/parity/make_tokenizer_fixture.py wrote it down.
struct TokenizerFixture {
    private let root: JSONValue
    /// The pieces that random texts are made of.
    let parts: [String]

    /// Reads a fixture.
    init(_ name: String) throws {
        root = try TokenizerFixture.json(name)
        parts = try XCTUnwrap(TokenizerFixture.json("small.json")["parts"]?.array).compactMap(\.string)
    }

    /// The expectations for one tokenizer.
    func expectations(_ name: String) throws -> JSONValue { try XCTUnwrap(root[name], name) }

    /// The small tokenizer as it is bundled.
    static func bundledFile() throws -> JSONValue { try json("tokenizer.json") }

    /// The small vocabulary with everything else that Qwen and Llama 3 use.
    func changedFile() throws -> JSONValue {
        var file = try XCTUnwrap(TokenizerFixture.bundledFile().object)
        for change in try XCTUnwrap(root["changes"]?.object).members { file.set(change.name, change.value) }
        var model = try XCTUnwrap(file["model"]?.object)
        model.set("ignore_merges", true)
        file.set("model", .object(model))
        return .object(file)
    }

    /// One random text; the script draws the same one from the same seed.
    func text(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<1 + random.below(10) {
            let part = parts[random.below(parts.count)]
            switch random.below(8) {
            case 0: text += String(repeating: part, count: 1 + random.below(80))
            case 1: text += Unicode.Scalar(UInt32(random.below(0x110000))).map { String($0) } ?? "?"
            case 2: text += part + " "
            default: text += part
            }
        }
        return text
    }

    /// FNV-1a over 64 bits, in hexadecimal digits.
    static func digest(_ bytes: some Sequence<UInt8>) -> String {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The digest of ids, four bytes each.
    static func digest(_ tokens: [Int32]) -> String {
        digest(tokens.lazy.flatMap { token in (0..<4).map { UInt8(truncatingIfNeeded: token >> ($0 * 8)) } })
    }

    /// The folder with the fixtures.
    static let folder: String = {
        let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folder.joined(separator: "/") + "/Fixtures"
    }()

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: InputFile(path: "\(folder)/\(name)", followsLinks: true).readAll(limit: 1 << 28))
    }
}

extension SeededRandom {
    /// A number below a bound, as the script draws it.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
