/// An operator that compares.
enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case different = "!="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case isIn = "in"
    case isNotIn = "not in"
}
