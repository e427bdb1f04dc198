internal import GobbetSystem

extension ForeignTokens {
  /// The header in front of llm.c's ids: 256 32-bit integers, the first three of which count.
  ///
  /// - Source: llm.c's `dev/data/data_common.py`.
  enum LLMC {
    static let headerByteCount = 1024
    static let magic16: UInt32 = 20_240_520
    static let version16: UInt32 = 1
    static let magic32: UInt32 = 20_240_801
    static let version32: UInt32 = 7
  }

  /// The ids in a `.bin` file of llm.c, for GPT-2 (16 bits) or Llama 3 (32 bits).
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  public static func llmC(_ path: String) throws -> ForeignTokens {
    let file = try OpenedFile(path)
    var fields = FieldReader(file)
    let magic = try fields.integer(UInt32.self, "magic")
    let version = try fields.integer(UInt32.self, "version")
    let count = try Int(fields.integer(UInt32.self, "token count"))
    let element: Element
    switch (magic, version) {
    case (LLMC.magic16, LLMC.version16): element = .uint16
    case (LLMC.magic32, LLMC.version32): element = .uint32
    default:
      throw InterchangeError(
        .damaged("\(magic), version \(version), aren't ids of llm.c"), path: path, offset: 0,
        field: "magic")
    }
    guard file.byteCount == LLMC.headerByteCount + count * element.byteCount else {
      throw InterchangeError(
        .damaged("\(count.counted("id")) in a file of \(file.byteCount.counted("byte"))"),
        path: path, offset: 8,
        field: "token count")
    }
    return ForeignTokens(file, start: LLMC.headerByteCount, count: count, element)
  }
}
