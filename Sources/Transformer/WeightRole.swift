package import Compute

/// What weights are for, as far as it decides how much they may be rounded.
package enum WeightRole: Sendable {
    /// A layer's weights: nearly all of a model.
    case layer
    /// The embedding table and the output layer: one bit too few shows in every token.
    case vocabulary
    /// Weights that choose experts or judge steps: few, and a rounded one makes another choice.
    case choice

    /// The role of the tensor of this name.
    package init(tensor name: String) {
        let choices = [
            "mlp.gate.weight", "mlp.shared_expert_gate.weight", "score.0.weight", "score.2.weight",
            "v_head.summary.weight",
        ]
        if ["model.embed_tokens.weight", "lm_head.weight"].contains(name) {
            self = .vocabulary
        } else {
            self = choices.contains(where: name.hasSuffix) ? .choice : .layer
        }
    }

    /// How such weights are kept in a model of a precision: 8 bits where layers have 4, and choices as floats.
    package func precision(in model: WeightPrecision) -> WeightPrecision {
        switch (self, model) {
        case (.vocabulary, .int4): .int8
        case (.choice, .int4), (.choice, .int8): .bfloat16
        default: model
        }
    }
}
