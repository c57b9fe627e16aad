public import Compute
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The one thread on which everything that computes runs, leading a team of threads.
///
/// Forward passes take milliseconds and use every core, so they must not occupy the threads of Swift's own pool. Actors
/// that share a compute thread never run at the same time, hence share its team and page memory without locks.
public final class ComputeThread: SerialExecutor {
    /// The kernels and threads that passes on this thread use.
    public let arithmetic: Arithmetic
    private let queue = JobQueue()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - threads: members of the team; by default one for each processor.
    ///   - instructionSet: whose kernels to use; it must be among `InstructionSet.supported`.
    ///   - prefill: how long prompts are computed.
    public init(
        threads: Int = ThreadTeam.processors, instructionSet: InstructionSet = .current, prefill: PrefillMode = .exact
    ) {
        arithmetic = Arithmetic(
            instructionSet: instructionSet, team: ThreadTeam(threads: threads), prefill: prefill)
        queue.startThread()
    }

    deinit { queue.stop() }

    /// Takes a job of an actor; jobs run one after another in the order of arrival.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.add { job.runSynchronously(on: executor) }
    }
}

/// Closures that one thread runs in order.
private final class JobQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [() -> Void] = []
    private var isStopped = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func add(_ job: @escaping () -> Void) {
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Lets the thread end once it has run what is queued.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func startThread() {
        // `Thread` of Foundation would do as well, but the core does not import Foundation.
        let context = Unmanaged.passRetained(self)
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, nil, JobQueue.main, context.toOpaque())
        precondition(status == 0, "the system gives no thread (error \(status))")
        #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
    }

    #if canImport(Darwin)
    private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
        Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().loop()
        return nil
    }
    #else
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().loop() }
        return nil
    }
    #endif

    private func loop() {
        while let batch = nextJobs() {
            for job in batch { job() }
        }
    }

    /// All jobs that are queued, or nil when there are none and none will come.
    private func nextJobs() -> [() -> Void]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty, !isStopped { pthread_cond_wait(condition, mutex) }
        if jobs.isEmpty { return nil }
        let batch = jobs
        jobs.removeAll(keepingCapacity: true)
        return batch
    }
}
