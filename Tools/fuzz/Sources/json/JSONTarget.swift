import JSON

/// Parses the input; what is accepted must survive being written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: bytes, count: count)
    do {
        let value = try JSONValue(parsing: text)
        let written = value.serialized()
        guard let again = try? JSONValue(parsing: written) else { fatalError("cannot read back \(written)") }
        precondition(again == value, "another value is read back from \(written)")
        precondition(again.serialized() == written, "another text is written for \(written)")
        precondition(again.hashValue == value.hashValue, "equal values, other hashes")
    } catch {
        precondition(0...count ~= error.offset, "the offset \(error.offset) lies outside of the text")
        precondition(!error.description.isEmpty)
    }
    return 0
}
