internal import CacheTree
internal import Compute
internal import Transformer

/// Passes of a model over one short path, run to see how long they take.
final class PassTrial {
    private let model: LanguageModel
    private let arithmetic: Arithmetic
    private let samplers: [Sampler]
    private let pages: PageBuffer
    private let workspace = ForwardWorkspace()
    private let blocks: Int
    private let clock = ContinuousClock()

    /// - Parameters:
    ///   - rows: the most that a pass will have.
    ///   - warmUp: how long to run before anything is measured: threads that have just begun share a processor until the system
    ///     moves one.
    init(_ model: LanguageModel, _ arithmetic: Arithmetic, _ samplers: [Sampler], rows: Int, warmUp: Duration) {
        self.model = model
        self.arithmetic = arithmetic
        self.samplers = samplers
        blocks = (rows + PageLayout.tokens - 1) / PageLayout.tokens
        pages = PageBuffer(pages: blocks, layout: model.configuration.pageLayout(arithmetic.mode.cache))
        // The first pass also takes its memory from the system.
        let begin = clock.now
        repeat { run(rows: rows) } while clock.now - begin < warmUp
    }

    /// Runs a pass with so many rows, and chooses a token for each.
    func seconds(rows: Int) -> Double { clock.measure { run(rows: rows) } / .seconds(1) }

    private func run(rows: Int) {
        let width = model.configuration.outputWidth
        let stream = RandomSource(seed: 0).stream(branch: .root, position: 0, purpose: .choice)
        var batch = ForwardBatch()
        let path = batch.addPath((0..<Int32(blocks)).map { $0 })
        for row in 0..<rows {
            let token = Int32(row % model.configuration.vocabularySize)
            batch.addRow(.init(token: token, position: Int32(row), path: path, wantsOutput: true))
        }
        let outputs = model.forward(batch, pages: pages.memory, workspace: workspace, arithmetic: arithmetic)
        arithmetic.team.split(rows, atLeast: max(1, Scheduler.logitsPerThread / width)) { member, part in
            for row in part {
                let logits = UnsafeBufferPointer(rebasing: outputs[row * width..<(row + 1) * width])
                // A model that gives no numbers is found out when it is used.
                _ = try? samplers[member].choose(logits: logits, parameters: .greedy, stream: stream)
            }
        }
    }
}
