/// A moment in local time, for templates that tell the model what day it is.
public struct TemplateDate: Sendable, Hashable {
    /// 1 to 9999.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 60.
    public let second: Int

    /// A moment of the Gregorian calendar; numbers outside of their range become the nearest in it.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = min(max(year, 1), 9_999)
        self.month = min(max(month, 1), 12)
        self.day = min(max(day, 1), 31)
        self.hour = min(max(hour, 0), 23)
        self.minute = min(max(minute, 0), 59)
        self.second = min(max(second, 0), 60)
    }

    /// A day written as 2026-11-21, or nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.allSatisfy { "0"..."9" ~= $0 } ? Int(part) : nil }
        guard parts.map(\.count) == [4, 2, 2], numbers.count == 3, 1...9_999 ~= numbers[0], 1...12 ~= numbers[1],
            1...31 ~= numbers[2]
        else { return nil }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// 0 for Sunday, by Sakamoto's method.
    private var weekday: Int {
        let offsets = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
        let year = month < 3 ? year - 1 : year
        let sum = year + year / 4 - year / 100 + year / 400 + offsets[month - 1] + day
        return ((sum % 7) + 7) % 7
    }

    /// The moment in a format of C's `strftime`, in English; nil if the format asks for what is not known here.
    func formatted(_ format: String) -> String? {
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard let kind = rest.popFirst(), let part = part(kind) else { return nil }
            result += part
        }
        return result
    }

    private func part(_ kind: Unicode.Scalar) -> String? {
        func padded(_ value: Int, _ width: Int = 2) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return switch kind {
        case "Y": padded(year, 4)
        case "y": padded(year % 100)
        case "m": padded(month)
        case "d": padded(day)
        case "H": padded(hour)
        case "I": padded((hour + 11) % 12 + 1)
        case "M": padded(minute)
        case "S": padded(second)
        case "p": hour < 12 ? "AM" : "PM"
        case "B": Self.months[month - 1]
        case "b": String(Self.months[month - 1].prefix(3))
        case "A": Self.weekdays[weekday]
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "%": "%"
        default: nil
        }
    }
}
