import ChatTemplates
import FuzzSupport
import JSON

private let limits = TemplateLimits(source: 8_192, steps: 200_000, output: 20_000)
private let given: JSONObject = {
    let json: JSONValue = [
        "messages": [
            ["role": "system", "content": "Be <|brief|>."],
            ["role": "user", "content": " Hi \n"],
            [
                "role": "assistant", "content": "<think>\na\n</think>\n\nb",
                "tool_calls": [["name": "f", "arguments": [:]]],
            ],
        ],
        "tools": [["name": "f", "parameters": ["type": "object"]]], "none": .null, "number": 7, "half": 0.5,
        "yes": true,
    ]
    return json.object ?? JSONObject()
}()

/// Parses the input as a template and renders a conversation; what the conversation says stays marked.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let source = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    withinASecond {
        do {
            let template = try ChatTemplate(source, limits: limits)
            let parts = try template.render(given: given, date: TemplateDate(year: 2026, month: 3, day: 7))
            precondition(parts.reduce(0) { $0 + $1.text.unicodeScalars.count } <= limits.output)
            // The tag stands in the conversation alone, unless the template spells it itself.
            if !source.contains("brief") {
                precondition(!parts.contains { $0.holdsSpecialTokens && $0.text.contains("<|brief|>") })
            }
        } catch {
            check(error)
        }
    }
    return 0
}
