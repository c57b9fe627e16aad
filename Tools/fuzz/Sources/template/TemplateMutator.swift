import FuzzHooks
import FuzzSupport

/// Puts pieces of the language into the input, or moves pieces of it, so that most inputs get past the lexer.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    var source = MutationSource(seed: seed)
    guard !source.chance(of: 3) else { return LLVMFuzzerMutate(bytes, count, maximum) }
    var text = Array(UnsafeBufferPointer(start: bytes, count: count))
    for _ in 0...source.below(3) { text = mutated(text, &source) }
    let result = text.prefix(maximum)
    _ = UnsafeMutableBufferPointer(start: bytes, count: maximum).update(fromContentsOf: result)
    return result.count
}

private func mutated(_ text: [UInt8], _ source: inout MutationSource) -> [UInt8] {
    var text = text
    let borders = borders(of: text)
    let start = source.element(borders) ?? 0
    let end = source.element(borders.filter { $0 >= start }) ?? text.count
    switch source.below(4) {
    case 0: text.removeSubrange(start..<min(end, start + 64))
    case 1: text.insert(contentsOf: Array(text[start..<min(end, start + 64)]), at: source.element(borders) ?? 0)
    case 2: text.replaceSubrange(start..<min(end, start + 16), with: (source.element(pieces) ?? "").utf8)
    default: text.insert(contentsOf: Array((source.element(pieces) ?? "").utf8), at: start)
    }
    return text
}

/// Where words and signs begin and end.
private func borders(of text: [UInt8]) -> [Int] {
    func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || byte == 0x5F || 0x30...0x39 ~= byte || 0x41...0x7A ~= byte }
    return [0] + text.indices.dropFirst().filter { isLetter(text[$0]) != isLetter(text[$0 - 1]) } + [text.count]
}

private let pieces = [
    "{{ ", " }}", "{% ", " %}", "{%- ", " -%}", "{# ", " #}", "if ", "elif ", "else", "endif", "for m in messages",
    "endfor", "set x = ", "endset", "macro f(a, b=1)", "endmacro", "f(", ")", "break", "continue", "generation",
    "endgeneration", "messages", "messages[0]", "m.role", "m['content']", "loop.index0", "loop.last", "loop.previtem",
    "namespace(n=0)", "ns.n", "tools", "is defined", "is none", "is string", "is mapping", "is iterable", "not ",
    " and ",
    " or ", " in ", " not in ", " == ", " != ", " < ", " >= ", " + ", " - ", " * ", " // ", " % ", " ** ", " ~ ",
    "|tojson", "|tojson(indent=2)", "|trim", "|length", "|join(', ')", "|list", "|items", "|map(attribute='name')",
    "|selectattr('role', 'equalto', 'user')", "|rejectattr('x')", "|first", "|last", "|upper", "|replace('a', 'b')",
    "|default('')", "|string", "|int", "|reverse", "|unique", "|sort", "|dictsort", "|indent", ".strip()",
    ".split('</think>')", ".startswith('<')", ".endswith('>')", ".lstrip('\\n')", ".items()", ".get('role')", "[::-1]",
    "[1:]", "[-1]", "range(9)", "raise_exception('no')", "strftime_now('%d %b %Y')", "'a'", "\"b\"", "'<|x|>'", "0",
    "7",
    "1.5", "-1", "true", "none", "[", "]", "{'a': 1}", "(1, 2)", "x if y else z", "\n", " ", "9223372036854775807",
]
