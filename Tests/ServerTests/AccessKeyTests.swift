import XCTest

@testable import Server

/// Keys: only the right one opens.
final class AccessKeyTests: XCTestCase {
    func testOnlyTheKeyItselfOpens() {
        let key = AccessKey("secret-1")
        XCTAssertTrue(key.isShown(by: "Bearer secret-1"))
        for header in [
            nil, "", "Bearer", "Bearer ", "secret-1", "Basic secret-1", "Bearer secret-2", "Bearer secret-",
            "bearer secret-1",
            "Bearer secret-1 ", "Bearer secret-1secret-1", "Bearer \u{0}ecret-1",
        ] {
            XCTAssertFalse(key.isShown(by: header), header ?? "none")
        }
    }
}
