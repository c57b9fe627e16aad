import ArgumentParser
import Files

/// The program: reads its arguments, converts, and says in one line what was done.
@main
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a model's weights in another precision.",
        discussion: """
            IN is a model's folder as Hugging Face lays it out: config.json, tokenizer files, and weights in \
            model.safetensors or in shards with model.safetensors.index.json; or a GGUF file of a Llama, Qwen2 or Qwen3 \
            model with its tokenizer. Weights in GPTQ, AWQ (4 bits) or one of GGUF's quantised types are turned into floats \
            first; others that are quantised already are refused. OUT becomes such a folder, which this package and every other reader of \
            safetensors can load; or, if its name ends in .gguf, a file for llama.cpp, where int8 is Q8_0 and int4 is \
            Q4_0.

            Floating-point tensors are rounded once, to the nearest, ties to even; integer tensors are copied as they \
            are. Numbers that are too large for the new precision become infinite and are counted in the summary: \
            float16 ends at 65504, so prefer bf16 for models that were trained in it.

            In folders, int8 and int4 are for this package alone: 32 weights share a scale, 8.5 and 4.5 bits a weight, packed in the \
            order in which the engine computes, so that loading reads nothing. Norms, biases and weights whose inputs \
            are no multiple of 32 stay bfloat16. With int4 the embedding table and the output layer become int8, unless \
            --head says otherwise; what chooses experts or judges steps stays bfloat16.

            --check reads everything back. It prints the error of each tensor that changed, relative to its weights, and \
            runs both models over a text: the Kullback-Leibler divergence of their next tokens, in the second halves of up \
            to 16 windows of 512 tokens.

            OUT appears only when it is complete. Memory stays small whatever the size of the model.

            Example: half the size of a model that was published in float32

              convert models/Qwen2.5-0.5B models/Qwen2.5-0.5B-bf16 --precision bf16

            Exit codes: 0 done, 64 wrong usage, 65 bad input file, 66 file missing, 70 the system refused, 130 \
            interrupted.
            """)

    @Argument(
        help: ArgumentHelp("The folder or the GGUF file of the model to read.", valueName: "in"), completion: .directory
    )
    var input: String

    @Argument(
        help: ArgumentHelp(
            "The folder to write, which must not be there or be empty; or the GGUF file to write.", valueName: "out"),
        completion: .directory)
    var output: String

    @Option(name: [.short, .long], help: "What floating-point tensors become.")
    var precision: Precision = .bf16

    @Option(help: "What the embedding table and the output layer become: bf16, int8 or int4 (with int8 or int4 only).")
    var head: Precision?

    @Option(help: "The most data in one file, such as 500MB or 2GiB.")
    var maxShardSize = ByteCount(5_000_000_000)

    @Option(
        help: ArgumentHelp(
            "Then compare what was written with IN: every tensor, and the next tokens expected in a text file.",
            valueName: "text"), completion: .file())
    var check: String?

    @Flag(help: "Replace OUT if it is a GGUF file, or a folder that holds a model and nothing else.")
    var force = false

    func validate() throws {
        if let check, PathKind(of: check) != .file {
            throw ValidationError("--check names \(check), which is no file; expected a text.")
        }
        guard let head else { return }
        guard precision.form != nil, head == .bf16 || head.form != nil else {
            throw ValidationError(
                "--head is bf16, int8 or int4, and goes with --precision int8 or int4 alone; found --head \(head.rawValue) "
                    + "with --precision \(precision.rawValue).")
        }
    }

    mutating func run() throws {
        LostPages.endProgram(prefix: "Error: ")
        do {
            let source = try convert()
            if let check {
                print(try ConversionCheck(source: source, output: output, text: check).report(), terminator: "")
            }
        } catch let error as ConvertError {
            ProgressLine.write("Error: \(error.description)\n")
            throw error.exitCode
        } catch {
            ProgressLine.write("Error: \(error)\n")
            throw ExitCode(65)
        }
    }

    private func convert() throws(ConvertError) -> ModelSource {
        let source = try ModelSource(path: input)
        let head = head ?? (precision == .int4 ? .int8 : precision)
        let report = output.hasSuffix(".gguf") ? try writeFile(source, head) : try writeFolder(source, head)
        ProgressLine.write(report.summary(precision: precision))
        return source
    }

    private func writeFolder(_ source: ModelSource, _ head: Precision) throws(ConvertError) -> ConversionReport {
        let conversion = try Conversion(source, precision: precision, head: head)
        let declared = try conversion.declarations()
        // Before there is anything to remove.
        Interruption.watch()
        let folder = try OutputFolder(path: output, input: input, replaces: force, bytes: conversion.bytes)
        let report = try conversion.run(declared, into: folder.partialPath, maximumShardBytes: maxShardSize.bytes)
        try folder.commit()
        return report
    }

    private func writeFile(_ source: ModelSource, _ head: Precision) throws(ConvertError) -> ConversionReport {
        let conversion = try GGUFConversion(source, precision: precision, head: head)
        try OutputFile.check(output, input: input, replaces: force, bytes: conversion.bytes)
        Interruption.watch()
        return try conversion.run(into: output)
    }
}
