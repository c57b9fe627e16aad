import Files
import Tokenization
import Transformer

/// What `--check` reports: the error of every tensor, and how it shows in what the model expects of a text.
struct ConversionCheck {
    /// The fewest tokens of a text that mean anything.
    private static let fewestTokens = 32
    private static let largestText = 1 << 26

    let source: ModelSource
    /// What was written.
    let output: String
    /// The path of the text.
    let text: String

    /// Compares, and gives lines for people.
    func report() throws -> String {
        let errors = try WeightError.all(of: source, in: WrittenTensors(path: output))
        var lines = ["relative error  largest error  written  tensor"]
        for error in errors {
            lines.append(
                ConversionCheck.padded(ConversionCheck.digits(error.relative), 14)
                    + "  " + ConversionCheck.padded(ConversionCheck.digits(error.largest), 13) + "  "
                    + ConversionCheck.padded(error.type, 7) + "  \(error.name)")
        }
        if errors.isEmpty { lines = ["Every weight is what it was."] }
        let divergence = try self.divergence()
        let values = divergence.values.sorted()
        let share = Double(divergence.agreements) / Double(values.count)
        lines.append(
            "Next tokens over \(values.count) positions of \(text): KL divergence \(ConversionCheck.digits(divergence.mean)) "
                + "nats on average, \(ConversionCheck.digits(values[values.count / 2])) in the median, "
                + "\(ConversionCheck.digits(values[values.count - 1])) at most; the same best token at "
                + "\((share * 1000).rounded() / 10) %.")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Loads both models; those that are no plain folders by way of one, in full precision.
    private func divergence() throws -> TextDivergence {
        let original = try Loadable(source, near: output)
        let written = output.hasSuffix(".gguf") ? try Loadable(try ModelSource(path: output), near: output) : nil
        let converted = written?.path ?? output
        // A GGUF file's tokenizer has come out of it with its weights.
        let tokenizer = try Tokenizer(contentsOf: original.path)
        let bytes = try InputFile(path: text, followsLinks: true).readAll(limit: ConversionCheck.largestText)
        let tokens = tokenizer.encode(String(decoding: bytes, as: UTF8.self), addsPrefix: false)
        guard tokens.count >= ConversionCheck.fewestTokens else {
            throw ConvertError.badFile(
                path: text, reason: "has \(tokens.count) tokens, expected \(ConversionCheck.fewestTokens) or more.")
        }
        var progress = ProgressLine(total: 1_000)
        defer { progress.clear() }
        return try TextDivergence(
            source: try LanguageModel(contentsOf: original.path), converted: try LanguageModel(contentsOf: converted),
            prefix: tokenizer.encode(""), tokens: tokens
        ) { share in progress.update(done: Int(share * 1_000)) }
    }

    /// A number with three digits that mean something.
    private static func digits(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "\(value)" }
        var (scaled, exponent) = (abs(value), 0)
        while scaled < 1, exponent > -99 { (scaled, exponent) = (scaled * 10, exponent - 1) }
        let rounded = (scaled * 100).rounded() / 100
        return "\(value < 0 ? "-" : "")\(rounded)" + (exponent == 0 ? "" : "e\(exponent)")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// A model in a form that can be loaded: the folder itself, or a temporary one of floats, removed afterwards.
private final class Loadable {
    /// The folder.
    let path: String
    private let folder: OutputFolder?

    init(_ source: ModelSource, near output: String) throws(ConvertError) {
        if source.isLoadable {
            (path, folder) = (source.path, nil)
            return
        }
        let conversion = try Conversion(source, precision: .f32, head: .f32)
        let declared = try conversion.declarations()
        let folder = try OutputFolder(
            path: "\(output).check", input: source.path, replaces: false, bytes: conversion.bytes)
        _ = try conversion.run(declared, into: folder.partialPath, maximumShardBytes: .max)
        (path, self.folder) = (folder.partialPath, folder)
    }
}
