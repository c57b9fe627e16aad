public import ArgumentParser
public import ChatTemplates

extension TemplateDate: ExpressibleByArgument {
    /// A day such as 2026-11-21.
    public init?(argument: String) { self.init(argument) }
}

extension ChatTemplateChoice: ExpressibleByArgument {
    /// What the option's help says about the values.
    static var help: String {
        "How a conversation is written: model (the model's own template), chatml, llama3 or raw."
    }
}
