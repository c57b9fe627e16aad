internal import CPUFeatures

/// The processor that this program runs on.
package enum Processor {
    /// What it calls itself; empty if it does not say.
    package static let name: String = {
        let characters = [CChar](unsafeUninitializedCapacity: 49) { buffer, count in
            buffer.baseAddress.map(cpu_name)
            count = 49
        }
        let bytes = characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }()
}
