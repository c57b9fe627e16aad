import ArgumentParser
import Compute
import JSON
import Transformer

/// `specsearch inspect`: a model's shape and memory, and what this machine computes with.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what this machine computes with, its limits, and a model's shape and memory.",
        discussion: """
            The kernels are those of the best instruction set that the processor runs; the environment variable \
            SPECSEARCH_KERNELS (baseline, v3, v4, v4-bf16) chooses another.

            --limits measures how fast all threads together read memory and multiply, bytes and floats, and how long \
            they wait for each other. `specsearch bench` shows how near a model comes to that.

            Examples:
              specsearch inspect --limits
              specsearch inspect --model Weights/qwen/target
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String?

    @Flag(help: "Measure what this machine can do at most, for about a second, while nothing else runs.")
    var limits = false

    @Flag(help: "Write one JSON object to standard output.")
    var json = false

    func run() throws {
        var sections: [(name: String, facts: [(name: String, value: JSONValue)])] = [("machine", Inspect.machine)]
        if limits { sections.append(("limits", Inspect.facts(of: MachineLimits(Arithmetic(team: ThreadTeam()))))) }
        if let model {
            let loaded = try LanguageModel(contentsOf: model)
            sections.append(("model", Inspect.facts(of: loaded.configuration, weightBytes: loaded.weightBytes)))
        }
        Terminal.standardOutput.write(json ? Inspect.json(sections) : Inspect.text(sections))
    }

    private static var machine: [(name: String, value: JSONValue)] {
        [
            ("instructionSets", .array(InstructionSet.supported.map { .string($0.rawValue) })),
            ("kernels", .string(InstructionSet.current.rawValue)),
            ("processors", .integer(ThreadTeam.processors)),
            ("blasCore", BLAS.shared.map { .string($0.core) } ?? .null),
        ]
    }

    private static func facts(of limits: MachineLimits) -> [(name: String, value: JSONValue)] {
        func rounded(_ value: Double) -> JSONValue { .number((value * 10).rounded() / 10) }
        return [
            ("gigabytesPerSecond", rounded(limits.bytesPerSecond / 1e9)),
            ("byteGigaoperationsPerSecond", rounded(limits.byteOperationsPerSecond / 1e9)),
            ("floatGigaoperationsPerSecond", rounded(limits.floatOperationsPerSecond / 1e9)),
            ("roundedGigaoperationsPerSecond", rounded(limits.roundedOperationsPerSecond / 1e9)),
            ("barrierNanoseconds", rounded(limits.barrierSeconds * 1e9)),
        ]
    }

    private static func name(of head: ModelConfiguration.Head) -> String {
        switch head {
        case .vocabulary: "vocabulary"
        case .stepClasses: "stepClasses"
        case .value: "value"
        case .tokens: "tokens"
        }
    }

    private static func facts(
        of shape: ModelConfiguration, weightBytes: Int
    ) -> [(name: String, value: JSONValue)] {
        [
            ("family", .string(shape.family.rawValue)),
            ("head", .string(name(of: shape.head))),
            ("layers", .integer(shape.layers)),
            ("width", .integer(shape.width)),
            ("heads", .integer(shape.heads)),
            ("keyValueHeads", .integer(shape.keyValueHeads)),
            ("headSize", .integer(shape.headSize)),
            ("feedForwardWidth", .integer(shape.feedForwardWidth)),
            ("vocabularySize", .integer(shape.vocabularySize)),
            ("contextLength", .integer(shape.contextLength)),
            ("tiesOutput", .bool(shape.tiesOutput)),
            ("weightBytes", .integer(weightBytes)),
            ("kvBytesPerToken", .integer(shape.pageLayout().bytesPerToken)),
        ]
    }

    private static func json(_ sections: [(name: String, facts: [(name: String, value: JSONValue)])]) -> String {
        var root = JSONObject()
        for section in sections {
            var object = JSONObject()
            for fact in section.facts { object.set(fact.name, fact.value) }
            root.set(section.name, .object(object))
        }
        return JSONValue.object(root).serialized() + "\n"
    }

    private static func text(_ sections: [(name: String, facts: [(name: String, value: JSONValue)])]) -> String {
        sections.map { section in
            section.name + "\n"
                + section.facts.map { name, value in
                    let padding = String(repeating: " ", count: max(1, 30 - name.count))
                    return "  \(name)\(padding)\(value == .null ? "none" : value.string ?? value.serialized())\n"
                }.joined()
        }.joined()
    }
}
