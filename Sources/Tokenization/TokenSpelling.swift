/// How a vocabulary spells the bytes that its tokens stand for.
enum TokenSpelling: Sendable {
    /// One printable scalar for each byte (GPT-2, Qwen, Llama 3).
    case byteAlphabet
    /// Plain text with "▁" for spaces, and `<0x41>` for single bytes (SentencePiece: Llama 1 and 2, Mistral).
    case sentencePiece

    /// What SentencePiece writes for a space: U+2581.
    static let space: [UInt8] = [0xE2, 0x96, 0x81]

    /// Appends the bytes that a spelling stands for and returns true; returns false, and appends nothing, if it spells
    /// none.
    func append(bytesOf spelling: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) -> Bool {
        switch self {
        case .byteAlphabet: return ByteAlphabet.append(bytesOf: spelling, to: &output)
        case .sentencePiece:
            TokenSpelling.append(spelling, replacing: TokenSpelling.space, by: [0x20], to: &output)
            return true
        }
    }

    /// The spelling of some bytes.
    func spelling(of bytes: some Collection<UInt8>) -> String {
        switch self {
        case .byteAlphabet: ByteAlphabet.spelling(of: bytes)
        case .sentencePiece:
            String(decoding: bytes.lazy.flatMap { $0 == 0x20 ? TokenSpelling.space : [$0] }, as: UTF8.self)
        }
    }

    /// How SentencePiece spells a byte alone: `<0x41>`.
    static func spelling(ofByte byte: UInt8) -> String {
        "<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>"
    }

    /// The byte that `<0x41>` stands for, or nil for every other text.
    static func byte(of text: String) -> UInt8? {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes.starts(with: "<0x".utf8), bytes[5] == UInt8(ascii: ">"),
            let high = Character(Unicode.Scalar(bytes[3])).hexDigitValue,
            let low = Character(Unicode.Scalar(bytes[4])).hexDigitValue
        else { return nil }
        return UInt8(high << 4 | low)
    }

    /// Appends a text with another one in place of each occurrence of a mark.
    static func append(
        _ text: UnsafeBufferPointer<UInt8>, replacing mark: [UInt8], by other: [UInt8], to output: inout [UInt8]
    ) {
        var position = 0
        while position < text.count {
            if text[position] == mark[0], text[position...].starts(with: mark) {
                output += other
                position += mark.count
            } else {
                output.append(text[position])
                position += 1
            }
        }
    }
}
