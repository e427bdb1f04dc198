internal import GobbetSystem

extension ForeignTokens {
  /// The ids in a `.bin` file of nanoGPT: 16 bits each, and nothing else.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) for an odd number of bytes.
  public static func nanoGPT(_ path: String) throws -> ForeignTokens {
    let file = try OpenedFile(path)
    guard file.byteCount.isMultiple(of: 2) else {
      throw InterchangeError(
        .damaged("\(file.byteCount.counted("byte")) aren't 16-bit ids"), path: path)
    }
    return ForeignTokens(file, start: 0, count: file.byteCount / 2, .uint16)
  }
}
