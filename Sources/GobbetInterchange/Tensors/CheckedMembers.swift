internal import Synchronization

/// The members of an archive whose checksums are right, by where they begin.
final class CheckedMembers: Sendable {
  private let starts = Mutex<Set<Int>>([])

  /// Compares the checksum of a member that is not compressed with its bytes, unless that was done
  /// before; `name` is what errors call it.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if it is another.
  func check(_ member: ZipMember, of file: OpenedFile, _ name: String) throws {
    let start = member.range.lowerBound
    guard !starts.withLock({ $0.contains(start) }) else { return }
    var sum: UInt32 = 0
    for start in stride(from: start, to: member.range.upperBound, by: Self.pieceByteCount) {
      let end = min(start + Self.pieceByteCount, member.range.upperBound)
      let bytes = try file.bytes(in: start..<end, name)
      sum = unsafe bytes.withUnsafeBytes { unsafe Inflater.checksum($0, after: sum) }
    }
    guard sum == member.checksum else {
      throw InterchangeError(.damaged("another checksum"), path: file.path, field: name)
    }
    starts.withLock { _ = $0.insert(start) }
  }

  private static let pieceByteCount = 1 << 20
}
