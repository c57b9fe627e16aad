/// A function that every template may call.
enum TemplateFunction: String, Sendable, CaseIterable {
    case namespace, range, dict
    case raiseException = "raise_exception"
    case timeNow = "strftime_now"
}
