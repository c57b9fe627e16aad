internal import CPUFeatures
internal import Synchronization

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
    ///
    /// - Parameter threads: members, the caller included; at least 1.
    public init(threads: Int = ThreadTeam.processors) {
        precondition(threads >= 1, "a team has at least its caller")
        let shared = Shared(members: threads)
        var members = 1
        while members < threads {
            let member = members
            guard SystemThread.start({ shared.serve(as: member) }) else { break }
            members += 1
        }
        self.shared = shared
        count = members
    }

    deinit { shared.stop() }

    /// Processors that this process may use.
    public static let processors = max(1, Int(cpu_count()))

    /// Runs `body` on consecutive parts of 0 ..< `total`, one for each member, and returns when all are done.
    ///
    /// - Parameters:
    ///   - total: how many items there are.
    ///   - smallest: a part has at least this many items, so that small loops stay on the caller.
    ///   - body: computes one part; parts run at the same time.
    package func split(_ total: Int, atLeast smallest: Int, _ body: (Range<Int>) -> Void) {
        split(total, atLeast: smallest) { _, part in body(part) }
    }

    /// The same where each member has something of its own to work with: `body` also gets its number, below `count`.
    package func split(_ total: Int, atLeast smallest: Int, _ body: (_ member: Int, _ part: Range<Int>) -> Void) {
        let parts = parts(of: total, atLeast: smallest)
        guard parts > 1 else {
            if total > 0 { body(0, 0..<total) }
            return
        }
        shared.run(members: count) { member in
            if member < parts { body(member, ThreadTeam.part(member, of: parts, total)) }
        }
    }

    /// The same in smaller pieces: a member that is done early takes pieces of the others' parts. For work that streams
    /// through memory, whose speed differs between processors and from one moment to the next.
    ///
    /// - Parameters:
    ///   - total: how many items there are, below 2³².
    ///   - smallest: a part has at least this many items.
    ///   - grain: a piece has at least this many, unless fewer are left.
    ///   - body: computes one piece; pieces run at the same time, and each once.
    package func share(_ total: Int, atLeast smallest: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let parts = parts(of: total, atLeast: smallest)
        guard parts > 1 else {
            if total > 0 { body(0..<total) }
            return
        }
        nonisolated(unsafe) let shares = shared.shares
        for member in 0..<parts { shares[member].reset(ThreadTeam.part(member, of: parts, total)) }
        shared.run(members: count) { member in
            guard member < parts else { return }
            while let piece = shares[member].takeFirst(grain) { body(piece) }
            for step in 1..<parts {
                while let piece = shares[(member + step) % parts].takeLast(grain) { body(piece) }
            }
        }
    }

    private func parts(of total: Int, atLeast smallest: Int) -> Int { min(count, max(1, total / max(1, smallest))) }

    private static func part(_ number: Int, of parts: Int, _ total: Int) -> Range<Int> {
        number * total / parts..<(number + 1) * total / parts
    }
}

/// What the members of a team share: the work, and how they wait for it.
private final class Shared: @unchecked Sendable {
    /// Counts pieces of work; a member that has seen a lower number has something to do. Negative: go home.
    private let generation = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    /// The work, borrowed from the stack of whoever runs it; nobody retains it.
    private var work: UnsafePointer<(Int) -> Void>?
    private let room = WaitingRoom()
    /// What each member has still to do of a loop that is shared in pieces.
    let shares: UnsafeMutablePointer<WorkShare>
    private let members: Int
    /// Pauses before a waiting member goes to sleep: some hundred microseconds.
    private static let patience = 4_000
    /// Pauses after which a waiting member lets others run, some microseconds: a thread that has just begun may stand on its
    /// processor until the system moves one of them, and on a machine with fewer free processors than members they all do.
    private static let courtesy = 128

    init(members: Int) {
        self.members = members
        shares = .allocate(capacity: members)
        for member in 0..<members { (shares + member).initialize(to: WorkShare()) }
    }

    deinit {
        shares.deinitialize(count: members)
        shares.deallocate()
    }

    /// Lets all members run `work`, the caller as number 0, and returns when all have.
    func run(members: Int, _ work: (Int) -> Void) {
        withoutActuallyEscaping(work) { work in
            withUnsafePointer(to: work) { pointer in
                self.work = pointer
                unfinished.store(members - 1, ordering: .relaxed)
                // Sequential consistency here and in `next`: either the caller sees the sleeper or it sees the work.
                generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 { room.announce {} }
                pointer.pointee(0)
                waitForOthers()
                self.work = nil
            }
        }
    }

    private func waitForOthers() {
        var pauses = 0
        while unfinished.load(ordering: .acquiring) > 0 {
            cpu_relax()
            pauses += 1
            if pauses.isMultiple(of: Shared.courtesy) { cpu_yield() }
        }
    }

    /// Ends all members' threads.
    func stop() {
        generation.store(-1, ordering: .sequentiallyConsistent)
        room.announce {}
    }

    /// The life of a member: runs each piece of work until the team ends.
    func serve(as member: Int) {
        var seen = 0
        while true {
            let current = next(after: seen)
            guard current > seen else { return }
            seen = current
            work?.pointee(member)
            unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        }
    }

    /// Waits for another number of work than `seen`, first spinning, then asleep.
    private func next(after seen: Int) -> Int {
        for pause in 1...Shared.patience {
            let current = generation.load(ordering: .acquiring)
            if current != seen { return current }
            cpu_relax()
            if pause.isMultiple(of: Shared.courtesy) { cpu_yield() }
        }
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
        return room.wait {
            let current = generation.load(ordering: .sequentiallyConsistent)
            return current == seen ? nil : current
        }
    }
}
