/// What becomes of added tokens, such as `<|im_start|>`, whose text occurs in a text to encode.
public enum SpecialTokenHandling: Sendable, Hashable {
    /// They are text like any other: no input ever becomes a control token. For everything that a user or a tool wrote.
    ///
    /// This holds for *all* added tokens, also those that files do not mark as special, such as Qwen3's `<think>` and
    /// `<tool_call>`; they steer the model all the same. (The `tokenizers` library always matches those.)
    case asText
    /// They become their tokens, as the `tokenizers` library does it. For prompts that a chat template made of texts
    /// that it was given separately.
    case parsed
}
