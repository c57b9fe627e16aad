/// A filter behind `|`.
enum Filter: String, Sendable {
    case trim, length, count, tojson, items, join, first, last, list, string, safe, replace
    case usual = "default"
    case d
    case select, reject, selectattr, rejectattr, map
}
