public import Compute
internal import Synchronization

/// The one thread on which everything that computes runs, leading a team of threads.
///
/// Forward passes take milliseconds and use every core, so they must not occupy the threads of Swift's own pool. Actors
/// that share a compute thread never run at the same time, hence share its team and page memory without locks.
public final class ComputeThread: SerialExecutor {
    /// The kernels and threads that passes on this thread use.
    public let arithmetic: Arithmetic
    /// What records when passes ran; nil where nobody asks.
    public let trace: Trace?
    private let queue = JobQueue()
    private let totals = Mutex(PhaseTimes())

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - threads: members of the team; by default one for each processor.
    ///   - instructionSet: whose kernels to use; it must be among `InstructionSet.supported`.
    ///   - mode: what exact numbers may be traded for.
    ///   - trace: what records when passes ran.
    public convenience init(
        threads: Int = ThreadTeam.processors, instructionSet: InstructionSet = .current, mode: NumericMode = .init(),
        trace: Trace? = nil
    ) {
        self.init(
            Arithmetic(instructionSet: instructionSet, team: ThreadTeam(threads: threads), mode: mode), trace: trace)
    }

    /// Starts the thread with arithmetic that nobody else uses.
    package init(_ arithmetic: Arithmetic, trace: Trace? = nil) {
        self.arithmetic = arithmetic
        self.trace = trace
        queue.startThread()
    }

    deinit { queue.stop() }

    /// Runs something behind whatever is waiting for this thread.
    func add(_ job: @escaping @Sendable () -> Void) { queue.add(job) }

    /// Lets everything run that is waiting for this thread, and comes back behind it: by way of another thread, as tasks do.
    func yield(isolation: isolated (any Actor)? = #isolation) async {
        await withUnsafeContinuation { continuation in queue.add { continuation.resume() } }
    }

    /// How long the thread was busy so far.
    public var times: PhaseTimes { totals.withLock { $0 } }

    /// Runs something and counts its time; notes it in the trace if there is one.
    func record<Result>(_ phase: Trace.Phase, rows: Int = 0, _ body: () -> Result) -> Result {
        let start = ContinuousClock.now
        let result = body()
        let duration = ContinuousClock.now - start
        totals.withLock { $0.add(duration, to: phase) }
        trace?.add(phase, rows: rows, start: start, duration: duration)
        return result
    }

    /// Takes a job of an actor; jobs run one after another in the order of arrival.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.add { job.runSynchronously(on: executor) }
    }

    /// Traps unless it is called on this thread: what `assumeIsolated` asks where no task runs.
    public func checkIsolated() { precondition(queue.isCurrent, "this runs on a compute thread alone") }
}

/// Closures that one thread runs in order.
private final class JobQueue: @unchecked Sendable {
    private let room = WaitingRoom()
    private var jobs: [() -> Void] = []
    private var isStopped = false
    private let owner = Atomic<UInt>(0)

    /// Whether the caller is one of its jobs.
    var isCurrent: Bool { owner.load(ordering: .relaxed) == SystemThread.current }

    func add(_ job: @escaping () -> Void) { room.announce { jobs.append(job) } }

    /// Lets the thread end once it has run what is queued.
    func stop() { room.announce { isStopped = true } }

    func startThread() {
        let isStarted = SystemThread.start { [self] in
            owner.store(SystemThread.current, ordering: .relaxed)
            var batch = room.wait { nextJobs() }
            while !batch.isEmpty {
                for job in batch { job() }
                batch = room.wait { nextJobs() }
            }
        }
        precondition(isStarted, "the system gives no thread")
    }

    /// All jobs that are queued; none if none will come; nil to go on waiting.
    private func nextJobs() -> [() -> Void]? {
        if jobs.isEmpty { return isStopped ? [] : nil }
        defer { jobs.removeAll(keepingCapacity: true) }
        return jobs
    }
}
