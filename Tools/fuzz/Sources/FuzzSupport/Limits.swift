import Glibc

/// Runs one input, and ends the fuzzer if that takes a second of processor time.
///
/// libFuzzer's own clock also counts what other programs take, so it stays at several seconds.
public func withinASecond(_ body: () -> Void) {
    let start = processorSeconds()
    body()
    let seconds = processorSeconds() - start
    precondition(seconds < 1, "one input took \(seconds) s")
}

/// Checks that an error says something, and not too much.
public func check(_ error: any Error) {
    let text = "\(error)"
    precondition(!text.isEmpty && text.utf8.count < 8_000, "an error text of \(text.utf8.count) bytes")
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
