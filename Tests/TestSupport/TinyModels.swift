/// The randomly initialised checkpoints under Weights/tiny; Tools/parity/tiny_models.py says what each is there for.
///
/// Every one has a `Golden` of the same name.
public enum TinyModels {
    public static let llama = ["llama-grouped", "llama-biased", "llama-scaled", "llama-sharded"]
    public static let qwen2 = ["qwen2-single", "qwen2-wide-heads", "qwen2-sharded"]
    public static let qwen3 = ["qwen3-grouped", "qwen3-single", "qwen3-wide-heads"]
    /// Language models whose files hold float32.
    public static let float32 = llama + qwen2 + qwen3
    /// Language models whose files hold bfloat16; their goldens are computed from the same weights widened to float32.
    public static let bfloat16 = ["llama-bfloat16", "qwen2-bfloat16"]
    /// Language models whose goldens hold the output of every layer too.
    public static let withLayers = ["llama-grouped", "qwen2-wide-heads", "qwen3-wide-heads"]
    /// A reward model of the Qwen2.5-Math-PRM form, in float32.
    public static let reward = "qwen2-reward"
    /// One with a value head.
    public static let value = "qwen2-value"

    /// The folder of a tiny checkpoint.
    public static func folder(_ name: String) -> String { RepositoryRoot.path(of: "Weights/tiny/" + name) }

    /// The families of bundled models, each a folder under Weights with target, draft and reward model.
    public static let families = ["qwen", "llama"]
    /// The folder of a bundled model, such as `qwen/target`; the golden of that one is `qwen-target`.
    public static func bundled(_ name: String) -> String { RepositoryRoot.path(of: "Weights/" + name) }
}
