import Files
import XCTest

/// XXH64 against what its reference implementation gives.
final class ChecksumTests: XCTestCase {
    private let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }

    func testChecksumsAreThoseOfTheReference() {
        let expected: [(count: Int, unseeded: UInt64, seeded: UInt64)] = [
            (0, 0xEF46_DB37_51D8_E999, 0x51E2_4C0E_9077_A48C), (1, 0x1F25_C8D0_BC1F_4BB6, 0x20F9_F4E3_FBA1_BE06),
            (3, 0x31D2_363F_52E5_64C9, 0x076B_7719_9119_D7DD), (4, 0x9BB6_4B7D_66EE_9FDA, 0x27A7_E558_7A8A_5C2E),
            (7, 0x9A7B_1499_59CE_60D8, 0xCFF1_3E1A_810B_EC27), (8, 0xDAB9_9D95_C6F9_0092, 0x841E_06DA_64A0_7CE8),
            (13, 0xF78B_0313_08F5_BFC8, 0x7120_6DE9_A8F0_D726), (31, 0xA2AA_5F33_CC4A_6119, 0x6BA8_72E9_10FB_CE5C),
            (32, 0x23C3_C17E_F790_FD97, 0x25CC_07DA_6998_94A9), (33, 0x50A7_CFC7_BA58_8784, 0xBF84_912D_4DEA_9670),
            (63, 0x5E3E_54B4_31C7_493C, 0x7376_2970_0E72_3DA5), (64, 0x0EB6_4B3E_F6EE_B01F, 0xFDED_24EB_1199_2703),
            (100, 0xA61F_8D4C_170F_E531, 0xFE1F_CE73_2C97_C212), (200, 0xA6CB_3C09_BC82_9B24, 0xAC80_7CB8_5AF4_BF45),
        ]
        for (count, unseeded, seeded) in expected {
            bytes.prefix(count).withUnsafeBytes { bytes in
                XCTAssertEqual(Checksum.of(bytes), unseeded, "\(count) bytes")
                XCTAssertEqual(Checksum.of(bytes, seed: 0x0123_4567_89AB_CDEF), seeded, "\(count) bytes")
            }
        }
    }
}
