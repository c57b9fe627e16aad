import JSON
import XCTest

/// A tokenizer.json with changes, for tests of what loading accepts and refuses.
struct FileEditor {
    private(set) var file: JSONValue

    init(_ file: JSONValue) { self.file = file }

    mutating func set(_ name: String, _ value: JSONValue) throws {
        var root = try XCTUnwrap(file.object)
        root.set(name, value)
        file = .object(root)
    }

    mutating func setModel(_ name: String, _ value: JSONValue) throws {
        var model = try XCTUnwrap(file["model"]?.object)
        model.set(name, value)
        try set("model", .object(model))
    }

    mutating func setToken(_ text: String, _ value: JSONValue) throws {
        var entries = try XCTUnwrap(file["model"]?["vocab"]?.object)
        entries.set(text, value)
        try setModel("vocab", .object(entries))
    }

    mutating func removeToken(_ text: String) throws {
        var entries = JSONObject()
        for member in try XCTUnwrap(file["model"]?["vocab"]?.object).members where member.name != text {
            XCTAssertTrue(entries.append(member.name, member.value))
        }
        try setModel("vocab", .object(entries))
    }

    mutating func appendAddedToken(_ text: String, id: Int, special: Bool, flag: String? = nil) throws {
        var token = JSONObject()
        token.set("id", .integer(id))
        token.set("content", .string(text))
        token.set("special", .bool(special))
        token.set("normalized", false)
        if let flag { token.set(flag, true) }
        try set("added_tokens", .array((file["added_tokens"]?.array ?? []) + [.object(token)]))
    }

    mutating func appendMerge(_ merge: JSONValue) throws {
        try setModel("merges", .array(try XCTUnwrap(file["model"]?["merges"]?.array) + [merge]))
    }
}
