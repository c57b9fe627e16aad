internal import Files
internal import JSON

/// A file that remembers t(n) of models on this machine, so that it is measured once.
///
/// What it holds is found out again if it cannot be read or is nonsense, and not kept if it cannot be written.
public struct PassCostCache: Sendable, Hashable {
    /// The file.
    public let path: String

    private static let format = "specsearch-pass-costs-4"
    /// Far more than any machine has models.
    private static let mostBytes = 1 << 20
    /// A pass of a model takes less than an hour.
    private static let mostSeconds = 3600.0

    /// - Parameter path: the file, which need not be there; its folder must.
    public init(path: String) { self.path = path }

    /// `pass-costs.json` in the user's cache folder; nil if there is none.
    public static var ofUser: PassCostCache? {
        UserCache.folder("specsearch").map { PassCostCache(path: $0 + "/pass-costs.json") }
    }

    /// What is remembered under a name.
    func costs(_ name: String) -> PassCosts? {
        guard let passes = members[name]?.array?.compactMap(\.double), passes.count == PassCosts.measuredRows.count,
            passes.allSatisfy({ $0 > 0 && $0 < PassCostCache.mostSeconds })
        else { return nil }
        return PassCosts(passes: passes)
    }

    /// Remembers costs under a name.
    func remember(_ costs: PassCosts, _ name: String) {
        var members = members
        members.set(name, .array(costs.passes.map { .number($0) }))
        let file: JSONValue = ["format": .string(PassCostCache.format), "seconds": .object(members)]
        try? TemporaryFile.write(Array((file.serialized() + "\n").utf8), to: path)
    }

    private var members: JSONObject {
        guard let file = try? InputFile(path: path, followsLinks: true),
            let bytes = try? file.readAll(limit: PassCostCache.mostBytes), let json = try? JSONValue(parsing: bytes),
            json["format"]?.string == PassCostCache.format
        else { return JSONObject() }
        return json["seconds"]?.object ?? JSONObject()
    }
}
