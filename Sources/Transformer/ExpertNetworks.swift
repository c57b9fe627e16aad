internal import CPUFeatures
internal import Compute

/// Experts of which each row takes a few, chosen and weighted by a router, and maybe one that every row takes.
///
/// Rows that take the same expert go through it together; experts that no row takes are not touched. A row adds its
/// experts in their order, so that its bits do not depend on the other rows.
struct ExpertNetworks: Sendable {
    private let router: Matrix
    private let experts: [GatedNetwork]
    private let shared: (network: GatedNetwork, gate: Matrix)?
    private let configuration: ExpertConfiguration
    private let width: Int

    init(
        _ model: ModelConfiguration, _ configuration: ExpertConfiguration, prefix: String, _ reader: WeightReader
    ) throws(LoadError) {
        self.configuration = configuration
        width = model.width
        router = try reader.matrix(prefix + "gate.weight", outputs: configuration.count, inputs: width)
        var experts: [GatedNetwork] = []
        for expert in 0..<configuration.count {
            experts.append(
                try GatedNetwork(
                    prefix: prefix + "experts.\(expert).", width: width, innerWidth: configuration.innerWidth, reader))
        }
        self.experts = experts
        guard let innerWidth = configuration.sharedInnerWidth else {
            shared = nil
            return
        }
        let network = try GatedNetwork(
            prefix: prefix + "shared_expert.", width: width, innerWidth: innerWidth, reader)
        shared = (network, try reader.matrix(prefix + "shared_expert_gate.weight", outputs: 1, inputs: width))
    }

    /// mixed = what the experts make of the normed hidden states.
    func apply(_ pass: ForwardPass) {
        let (normed, mixed, routing) = (pass.buffers.normed, pass.buffers.mixed, pass.buffers.routing)
        mixed.update(repeating: 0, count: pass.rows * width)
        router.multiply(
            normed, inputStride: width, rows: pass.rows, into: routing, outputStride: configuration.count,
            arithmetic: pass.arithmetic)
        var visitors = [[(row: Int, weight: Float)]](repeating: [], count: configuration.count)
        for row in 0..<pass.rows {
            for choice in choices(routing + row * configuration.count) {
                visitors[choice.expert].append((row, choice.weight))
            }
        }
        for (expert, visitors) in zip(experts, visitors) where !visitors.isEmpty { visit(expert, visitors, pass) }
        applyShared(pass)
    }

    /// The experts of a row, the best first, and their weights: softmax over all, in double precision.
    private func choices(_ logits: UnsafePointer<Float>) -> [(expert: Int, weight: Float)] {
        let order = (0..<configuration.count).sorted { (logits[$0], $1) > (logits[$1], $0) }
        let chosen = order.prefix(configuration.countPerRow)
        let largest = Double(logits[order[0]])
        let terms = (0..<configuration.count).map { Elementary.exp(Double(logits[$0]) - largest) }
        let all = terms.reduce(0, +)
        // What is no number must not go unnoticed because nobody chose it.
        guard all.isFinite else { return chosen.map { ($0, .nan) } }
        let sum = configuration.normalizesWeights ? chosen.reduce(0) { $0 + terms[$1] } : all
        return chosen.map { ($0, Float(terms[$0] / sum)) }
    }

    /// Adds one expert's weighted results to the rows that take it.
    private func visit(_ expert: GatedNetwork, _ visitors: [(row: Int, weight: Float)], _ pass: ForwardPass) {
        let gathered = pass.buffers.gathered
        for (place, visitor) in visitors.enumerated() {
            (gathered + place * width).update(from: pass.buffers.normed + visitor.row * width, count: width)
        }
        expert.apply(gathered, rows: visitors.count, into: gathered, pass)
        for (place, visitor) in visitors.enumerated() {
            add(gathered + place * width, times: visitor.weight, to: pass.buffers.mixed + visitor.row * width)
        }
    }

    private func applyShared(_ pass: ForwardPass) {
        guard let shared else { return }
        shared.gate.multiply(
            pass.buffers.normed, inputStride: width, rows: pass.rows, into: pass.buffers.routing, outputStride: 1,
            arithmetic: pass.arithmetic)
        shared.network.apply(pass.buffers.normed, rows: pass.rows, into: pass.buffers.gathered, pass)
        for row in 0..<pass.rows {
            let weight = Float(1 / (1 + Elementary.exp(-Double(pass.buffers.routing[row]))))
            add(pass.buffers.gathered + row * width, times: weight, to: pass.buffers.mixed + row * width)
        }
    }

    private func add(_ source: UnsafePointer<Float>, times weight: Float, to target: UnsafeMutablePointer<Float>) {
        for index in 0..<width { target[index] += weight * source[index] }
    }
}
