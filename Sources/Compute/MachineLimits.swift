internal import CPUFeatures

/// What this machine can do at most, measured: no product of matrices takes less time than its bytes and its operations
/// do at these rates.
package struct MachineLimits: Sendable {
    /// Bytes per second that all threads together read from memory.
    package let bytesPerSecond: Double
    /// Multiplications and additions of bytes per second, all threads together.
    package let byteOperationsPerSecond: Double
    /// The same of 32-bit floats.
    package let floatOperationsPerSecond: Double
    /// The same of bfloat16, as `ActivationPrecision.bfloat16` multiplies them.
    package let roundedOperationsPerSecond: Double
    /// Seconds that a loop which is split among the threads takes if there is nothing to do.
    package let barrierSeconds: Double

    /// Far more than caches hold.
    private static let bufferBytes = 1 << 28
    private static let rounds = 1_000_000
    /// The best of so many, because neighbours only ever slow things down.
    private static let repetitions = 8

    /// Measures for about a second.
    package init(_ arithmetic: Arithmetic) {
        let (kernels, team) = (arithmetic.kernels, arithmetic.team)
        let lines = MachineLimits.bufferBytes / 64
        let memory = FloatBuffer(count: MachineLimits.bufferBytes / 4)
        // Zero pages would all be the same one.
        team.split(lines, atLeast: 1) { part in
            for line in part { memory.floats[line * 16] = Float(line) }
        }
        let reading = MachineLimits.seconds {
            team.split(lines, atLeast: 1) { part in
                _ = kernels.read(memory.floats + part.lowerBound * 16, part.count)
            }
        }
        let multiplyingBytes = MachineLimits.seconds {
            team.split(team.count, atLeast: 1) { _ in _ = kernels.multiply_bytes(memory.floats, MachineLimits.rounds) }
        }
        let multiplyingFloats = MachineLimits.seconds {
            team.split(team.count, atLeast: 1) { _ in _ = kernels.multiply_floats(memory.floats, MachineLimits.rounds) }
        }
        let multiplyingPairs = MachineLimits.seconds {
            team.split(team.count, atLeast: 1) { _ in _ = kernels.multiply_pairs(memory.floats, MachineLimits.rounds) }
        }
        let barriers = 10_000
        let waiting = MachineLimits.seconds {
            for _ in 0..<barriers { team.split(team.count, atLeast: 1) { _ in } }
        }
        // A round is eight vectors of sixteen lanes; a lane of bytes multiplies and adds four, one of pairs two.
        let lanes = Double(MachineLimits.rounds * team.count * 8 * 16)
        bytesPerSecond = Double(MachineLimits.bufferBytes) / reading
        byteOperationsPerSecond = lanes * 8 / multiplyingBytes
        floatOperationsPerSecond = lanes * 2 / multiplyingFloats
        roundedOperationsPerSecond = lanes * 4 / multiplyingPairs
        barrierSeconds = waiting / Double(barriers)
    }

    /// The least time that something takes which reads and computes so much.
    package func leastSeconds(_ work: PassMeter.Work) -> Double {
        max(
            Double(work.bytes) / bytesPerSecond,
            Double(work.byteOperations) / byteOperationsPerSecond
                + Double(work.floatOperations) / floatOperationsPerSecond
                + Double(work.roundedOperations) / roundedOperationsPerSecond)
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        return (0..<repetitions).reduce(.infinity) { best, _ in min(best, clock.measure(body) / .seconds(1)) }
    }
}
