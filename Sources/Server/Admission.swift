import Synchronization

/// Lets so many requests run at a time; some more wait in the order in which they came, and the others are refused.
final class Admission: Sendable {
    /// The right to run, which ends with the value.
    final class Permit: Sendable {
        private let admission: Admission

        fileprivate init(_ admission: Admission) { self.admission = admission }

        deinit { admission.leave() }
    }

    /// What became of somebody who asked.
    private enum Answer {
        case admitted
        case refused
        case cancelled
    }

    private struct State {
        var running = 0
        var waiting: [(ticket: Int, answer: CheckedContinuation<Answer, Never>)] = []
        /// Those who gave up before they stood in the line.
        var cancelled: Set<Int> = []
        var tickets = 0
    }

    private let mostRunning: Int
    private let mostWaiting: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - running: how many run at a time, at least 1.
    ///   - waiting: how many may wait.
    init(running: Int, waiting: Int) {
        mostRunning = running
        mostWaiting = waiting
    }

    /// How many run, and how many wait.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// - Throws: `ServerError` with status 429 if nobody could wait now.
    func checkRoom() throws(ServerError) {
        let load = load
        if load.running >= mostRunning, load.waiting >= mostWaiting { throw overload }
    }

    private var overload: ServerError {
        ServerError(
            status: 429, kind: .overloaded,
            message: "\(mostRunning) requests run and \(mostWaiting) wait. Try again in a moment.", retryAfter: 1)
    }

    /// Waits for the right to run.
    ///
    /// - Throws: `ServerError` with status 429 if too many wait already; `CancellationError` if the task is cancelled.
    func permit() async throws -> Permit {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let answer = await withTaskCancellationHandler {
            await enter(ticket)
        } onCancel: {
            cancel(ticket)
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        switch answer {
        case .admitted: return Permit(self)
        case .cancelled: throw CancellationError()
        case .refused: throw overload
        }
    }

    private func enter(_ ticket: Int) async -> Answer {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.cancelled.contains(ticket) {
                    continuation.resume(returning: .cancelled)
                } else if state.running < mostRunning {
                    state.running += 1
                    continuation.resume(returning: .admitted)
                } else if state.waiting.count < mostWaiting {
                    state.waiting.append((ticket, continuation))
                } else {
                    continuation.resume(returning: .refused)
                }
            }
        }
    }

    private func cancel(_ ticket: Int) {
        state.withLock { state in
            if let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) {
                state.waiting.remove(at: place).answer.resume(returning: .cancelled)
            } else {
                state.cancelled.insert(ticket)
            }
        }
    }

    private func leave() {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return state.running -= 1 }
            state.waiting.removeFirst().answer.resume(returning: .admitted)
        }
    }
}
