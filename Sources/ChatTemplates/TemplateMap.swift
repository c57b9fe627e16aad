/// An object of a template: values behind texts, in the order in which they came.
struct TemplateMap {
    /// A value with its key.
    struct Member {
        let key: TemplateText
        var value: TemplateValue
    }

    private(set) var members: [Member] = []
    private var places: [TemplateText: Int] = [:]

    subscript(key: TemplateText) -> TemplateValue? {
        get { places[key].map { members[$0].value } }
        set {
            guard let newValue else { return }
            if let place = places[key] {
                members[place].value = newValue
            } else {
                places[key] = members.count
                members.append(Member(key: key, value: newValue))
            }
        }
    }
}
