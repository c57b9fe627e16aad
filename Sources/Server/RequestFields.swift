import JSON

/// The members of a request, with their kinds and ranges checked. A member that is null counts as absent.
struct RequestFields {
    private let fields: JSONFields<ServerError>
    private let name: String?

    /// - Parameters:
    ///   - name: of the object in errors; nil for the whole request.
    ///   - allowed: the members that it may have.
    init(_ json: JSONValue, name: String? = nil, allowed: [String]) throws(ServerError) {
        var given = json
        if let members = json.object {
            var object = JSONObject()
            for member in members.members where member.value != .null { object.set(member.name, member.value) }
            given = .object(object)
        }
        fields = try JSONFields(
            given, name: name, whole: "the request", allowed: allowed, failure: ServerError.init)
        self.name = name
    }

    /// Whatever is behind a name, or nil.
    func value(_ key: String) -> JSONValue? { fields.value(key) }

    /// A text, or nil.
    func text(_ key: String) throws(ServerError) -> String? { try fields.value(key, "a text") { $0.string } }

    /// A truth value; false if there is none.
    func flag(_ key: String) throws(ServerError) -> Bool { try fields.value(key, "true or false") { $0.bool } ?? false }

    /// A whole number, or nil; one that is written with a fraction of zero is one, too.
    func integer(_ key: String, in range: ClosedRange<Int>) throws(ServerError) -> Int? {
        try fields.value(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
            (value.int ?? value.double.flatMap { Int(exactly: $0) }).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A seed of random numbers: any whole number of 64 bits, or nil.
    func seed() throws(ServerError) -> UInt64? {
        try integer("seed", in: Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
    }

    /// A number, or nil.
    func number(_ key: String, in range: ClosedRange<Double>) throws(ServerError) -> Double? {
        try fields.value(key, "a number from \(range.lowerBound) to \(range.upperBound)") { value in
            value.double.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// The choice of a name, or nil.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(ServerError) -> Choice?
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try fields.value(key, "one of \(names)") { $0.string.flatMap(Choice.init(rawValue:)) }
    }

    /// An object inside, or nil.
    func object(_ key: String, allowed: [String]) throws(ServerError) -> RequestFields? {
        guard let value = fields.value(key) else { return nil }
        return try RequestFields(value, name: name.map { "\($0).\(key)" } ?? key, allowed: allowed)
    }
}
