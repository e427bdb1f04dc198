/// Sets documents aside by their bytes: the same ones in every run, in any order, on any machine,
/// and equal documents together.
///
/// - Source: `Spec/Training.md`.
package struct HeldOutShare: Sendable {
  /// From 0, none, to 1, all.
  let share: Double

  package init(share: Double) { self.share = share }

  /// Whether `document` is set aside.
  package func contains(_ document: Span<UInt8>) -> Bool {
    guard share > 0 else { return false }
    // FNV-1a, and a last mixing for the high bits, which alone are looked at.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in document.indices {
      hash = (hash ^ UInt64(document[index])) &* 0x0000_0100_0000_01B3
    }
    hash = (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15
    return Double(hash >> 11) / Double(1 << 53 as UInt64) < share
  }
}
