/// Which template turns a conversation into a prompt.
public enum ChatTemplateChoice: String, Sendable, Hashable, CaseIterable {
    /// The one that the model's folder brings.
    case model
    /// `<|im_start|>role … <|im_end|>`, as Qwen and many others are trained.
    case chatml
    /// `<|start_header_id|>role<|end_header_id|> … <|eot_id|>`, as Llama 3 is trained.
    case llama3
    /// None: the prompt is the text alone.
    case raw
}

/// A template that models without their own may be asked by.
struct BuiltInTemplate: Sendable {
    let source: String
    /// The special tokens that it writes; the last one ends a turn.
    let tokens: [String]

    static let chatml = BuiltInTemplate(
        source: """
            {%- for message in messages -%}
            {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
            {%- endfor -%}
            {{ '<|im_start|>assistant\\n' if add_generation_prompt }}
            """,
        tokens: ["<|im_start|>", "<|im_end|>"])

    static let llama3 = BuiltInTemplate(
        source: """
            {{- '<|begin_of_text|>' -}}
            {%- for message in messages -%}
            {{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content|trim + '<|eot_id|>' }}
            {%- endfor -%}
            {{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' if add_generation_prompt }}
            """,
        tokens: ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
}
