internal import GobbetSystem

/// What is looked at to tell a file's format: its first bytes and, of a JSON object, the keys.
package struct FileSample {
  /// The first bytes of the file.
  let start: [UInt8]
  /// The file, where there is more of it than these.
  private let file: OpenedFile?

  /// Takes the first bytes of an open file.
  ///
  /// - Throws: `FileError`.
  init(_ file: OpenedFile) throws(FileError) {
    start = try file.available(in: 0..<4096)
    self.file = file
  }

  /// Takes the first bytes of a file, by which alone it is to be told.
  package init(start: [UInt8]) {
    self.start = start
    file = nil
  }

  /// Whether the file begins with these bytes.
  func begins(_ magic: [UInt8]) -> Bool { start.starts(with: magic) }

  /// The first of `signs` in the outermost object: a key far into it may tell what it is.
  ///
  /// - Throws: `FileError`.
  func first(of signs: [JSONTopLevel.Sign]) throws(FileError) -> JSONTopLevel.Sign? {
    if let file { return try JSONTopLevel.first(of: signs, in: file) }
    var scanner = JSONTopLevel(signs)
    scanner.scan(start)
    return scanner.found
  }

  /// The name of the first member, if the file is a zip archive; empty if it has none.
  var firstMemberName: ArraySlice<UInt8>? {
    if begins([0x50, 0x4B, 5, 6]) { return [] }
    guard begins([0x50, 0x4B, 3, 4]) else { return nil }
    return start.dropFirst(30).prefix(start.count > 30 ? Int(start[26]) : 0)
  }
}
