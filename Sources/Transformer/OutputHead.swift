internal import Compute

/// The layers behind the last block: final norm, then logits of tokens or the classes of a step.
enum OutputHead: Sendable {
    /// Logits of the vocabulary or of some of its tokens: the output layer, or the embedding table if they are tied.
    case logits(Matrix)
    /// Two logits through a hidden layer with ReLU, as Qwen2.5-Math-PRM has them.
    case stepClasses(hidden: Linear, classes: Linear)
    /// One number, as Skywork-o1-Open-PRM has it.
    case value(Linear)

    init(_ configuration: ModelConfiguration, embedding: Matrix, _ reader: WeightReader) throws(LoadError) {
        let width = configuration.width
        // Tied or not, an output layer that the file has and that is another one counts, as in `transformers` 5.
        let isTied =
            configuration.tiesOutput && !reader.has("lm_head.weight", otherThan: "model.embed_tokens.weight")
        switch configuration.head {
        case .vocabulary where isTied: self = .logits(embedding)
        case .vocabulary:
            self = .logits(try reader.matrix("lm_head.weight", outputs: configuration.vocabularySize, inputs: width))
        case .tokens(let tokens):
            let name = isTied ? "model.embed_tokens.weight" : "lm_head.weight"
            self = .logits(
                try reader.matrix(name, rows: tokens.map(Int.init), of: configuration.vocabularySize, inputs: width))
        case .stepClasses:
            self = .stepClasses(
                hidden: try Linear([.init(name: "score.0", outputs: width)], inputs: width, hasBias: true, reader),
                classes: try Linear([.init(name: "score.2", outputs: 2)], inputs: width, hasBias: true, reader))
        case .value:
            self = .value(
                try Linear([.init(name: "v_head.summary", outputs: 1)], inputs: width, hasBias: true, reader))
        }
    }

    /// Computes `rows` outputs from hidden states that lie side by side; they are normed already.
    func apply(_ states: UnsafeMutablePointer<Float>, rows: Int, outputWidth: Int, _ pass: ForwardPass) {
        let width = pass.width
        switch self {
        case .logits(let matrix):
            matrix.multiply(
                states, inputStride: width, rows: rows, into: pass.buffers.outputs, outputStride: outputWidth,
                arithmetic: pass.arithmetic)
        case .stepClasses(let hidden, let classes):
            let inner = pass.buffers.normed
            hidden.apply(states, stride: width, into: inner, stride: width, rows: rows, pass)
            // Not max(0, x), which takes what is no number for 0, so that damaged weights would go unnoticed.
            for index in 0..<rows * width where inner[index] < 0 { inner[index] = 0 }
            classes.apply(inner, stride: width, into: pass.buffers.outputs, stride: outputWidth, rows: rows, pass)
        case .value(let value):
            value.apply(states, stride: width, into: pass.buffers.outputs, stride: outputWidth, rows: rows, pass)
        }
    }
}
