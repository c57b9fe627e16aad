import XCTest

@testable import Server

/// Who may run: so many at a time, the others in their order, and nobody is forgotten.
final class AdmissionTests: XCTestCase {
    func testSoManyRunTheOthersWaitAndTheRestIsRefused() async throws {
        let admission = Admission(running: 2, waiting: 1)
        var first: Admission.Permit? = try await admission.permit()
        let second = try await admission.permit()
        let third = Task { try await admission.permit() }
        while admission.load.waiting == 0 { await Task.yield() }
        do {
            _ = try await admission.permit()
            XCTFail("a fourth is let in")
        } catch let error as ServerError {
            XCTAssertEqual(error.status, 429)
            XCTAssertNotNil(error.retryAfter)
        }
        XCTAssertEqual(admission.load.running, 2)
        first = nil
        let permit = try await third.value
        XCTAssertEqual(admission.load.running, 2)
        XCTAssertEqual(admission.load.waiting, 0)
        withExtendedLifetime((first, second, permit)) {}
    }

    func testWhoGivesUpLeavesTheLine() async throws {
        let admission = Admission(running: 1, waiting: 10)
        var permit: Admission.Permit? = try await admission.permit()
        let waiting = Task { try await admission.permit() }
        while admission.load.waiting == 0 { await Task.yield() }
        waiting.cancel()
        do {
            _ = try await waiting.value
            XCTFail("a cancelled task is let in")
        } catch { XCTAssertTrue(error is CancellationError) }
        XCTAssertEqual(admission.load.waiting, 0)
        permit = nil
        withExtendedLifetime(permit) {}
        XCTAssertEqual(admission.load.running, 0)
    }

    func testManyAtOnceAllRunAndNeverTooMany() async throws {
        let admission = Admission(running: 3, waiting: 1000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let task = Task {
                        let permit = try await admission.permit()
                        XCTAssertLessThanOrEqual(admission.load.running, 3)
                        await Task.yield()
                        withExtendedLifetime(permit) {}
                    }
                    if index.isMultiple(of: 3) { task.cancel() }
                    do { try await task.value } catch { XCTAssertTrue(error is CancellationError) }
                }
            }
            try await group.waitForAll()
        }
        XCTAssertEqual(admission.load.running, 0)
        XCTAssertEqual(admission.load.waiting, 0)
    }
}
