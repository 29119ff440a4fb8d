import ClickModel

extension ByteView {
    /// A little-endian 32-bit number; 0 beyond the end.
    func number(at index: Int) -> UInt32 { load(at: index) }

    /// A little-endian 64-bit number; 0 beyond the end.
    func long(at index: Int) -> UInt64 { load(at: index) }

    private func load<Number: FixedWidthInteger>(at index: Int) -> Number {
        guard index >= 0, index + MemoryLayout<Number>.size <= count else { return 0 }
        return Number(
            littleEndian: UnsafeRawBufferPointer(self).loadUnaligned(
                fromByteOffset: index,
                as: Number.self
            )
        )
    }
}
