internal import CPUFeatures
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A fixed number of threads that split loops between them.
///
/// The calling thread is a member too. Between two loops that follow each other closely the others spin, because a
/// product of a small model takes a few microseconds and waking a thread takes longer than that; after a pause they
/// sleep. One thread at a time may give work to a team.
public final class ThreadTeam: Sendable {
    /// Members, the caller included.
    public let count: Int
    private let shared: Shared

    /// Starts `threads` − 1 threads, fewer if the system gives no more; by default one member for each processor.
    public init(threads: Int = ThreadTeam.processors) {
        precondition(threads >= 1, "a team has at least its caller")
        let shared = Shared()
        var members = 1
        while members < threads, Worker(shared: shared, member: members).start() { members += 1 }
        self.shared = shared
        count = members
    }

    deinit { shared.stop() }

    /// Processors that this process may use.
    public static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Runs `body` on consecutive parts of 0 ..< `total`, one for each member, and returns when all are done.
    ///
    /// - Parameters:
    ///   - total: how many items there are.
    ///   - smallest: a part has at least this many items, so that small loops stay on the caller.
    ///   - body: computes one part; parts run at the same time.
    package func split(_ total: Int, atLeast smallest: Int, _ body: (Range<Int>) -> Void) {
        let parts = min(count, max(1, total / max(1, smallest)))
        guard parts > 1 else {
            if total > 0 { body(0..<total) }
            return
        }
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            shared.run(members: count) { member in
                guard member < parts else { return }
                body(member * total / parts..<(member + 1) * total / parts)
            }
        }
    }
}

/// What the members of a team share: the work, and how they wait for it.
private final class Shared: @unchecked Sendable {
    /// Counts pieces of work; a member that has seen a lower number has something to do. Negative: go home.
    private let generation = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private var work: ((Int) -> Void)?
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Pauses before a waiting member goes to sleep: some hundred microseconds.
    private static let patience = 4_000

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

    /// Lets all members run `work`, the caller as number 0, and returns when all have.
    func run(members: Int, _ work: @escaping (Int) -> Void) {
        self.work = work
        unfinished.store(members - 1, ordering: .relaxed)
        // Sequential consistency here and in `next`: either the caller sees the sleeper or the sleeper sees the work.
        generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake() }
        work(0)
        var pauses = 0
        while unfinished.load(ordering: .acquiring) > 0 {
            cpu_relax()
            pauses += 1
            // On a machine with fewer free processors than members, waiting must not keep the others from running.
            if pauses > Shared.patience { sched_yield() }
        }
        self.work = nil
    }

    /// Ends all members' threads.
    func stop() {
        generation.store(-1, ordering: .sequentiallyConsistent)
        wake()
    }

    /// Waits for work that is newer than `seen`, runs it, and returns its number; nil when the team has ended.
    func next(after seen: Int, member: Int) -> Int? {
        let current = wait(after: seen)
        guard current > seen else { return nil }
        work?(member)
        unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        return current
    }

    private func wait(after seen: Int) -> Int {
        for _ in 0..<Shared.patience {
            let current = generation.load(ordering: .acquiring)
            if current != seen { return current }
            cpu_relax()
        }
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(mutex)
        while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        return generation.load(ordering: .acquiring)
    }

    private func wake() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// One thread of a team.
private final class Worker: Sendable {
    private let shared: Shared
    private let member: Int

    init(shared: Shared, member: Int) {
        self.shared = shared
        self.member = member
    }

    /// Starts the thread; returns false if the system gives none.
    func start() -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(&thread, &attributes, Worker.main, context.toOpaque())
        pthread_attr_destroy(&attributes)
        if status != 0 { context.release() }
        return status == 0
    }

    #if canImport(Darwin)
    private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
        Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().loop()
        return nil
    }
    #else
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().loop() }
        return nil
    }
    #endif

    private func loop() {
        var seen = 0
        while let current = shared.next(after: seen, member: member) { seen = current }
    }
}
