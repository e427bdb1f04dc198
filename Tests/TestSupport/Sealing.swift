internal import GobbetFile

/// Makes checksums right, so that fuzzing gets past them; what a file says otherwise stays as it is.
public enum Sealing {
  /// Those of the header, the table, the section headers and the trailer of a container.
  public static func container(_ bytes: inout [UInt8]) {
    guard bytes.count >= 128 else { return }
    let trailer = bytes.count - 64
    for offset in stride(from: 0, to: trailer, by: 64)
    where offset == 0 || bytes[offset..<(offset + 4)].elementsEqual("SECT".utf8) {
      put(crc32c(bytes.span.extracting(offset..<(offset + 60))), at: offset + 60, in: &bytes)
    }
    let table = number(bytes, trailer + 8, 7)
    let count = number(bytes, trailer + 16, 7)
    if table <= trailer, count <= trailer - table {
      let checksum = crc32c(bytes.span.extracting(table..<(table + count)))
      put(checksum, at: trailer + 24, in: &bytes)
    }
    put(crc32c(bytes.span.extracting(trailer..<(trailer + 60))), at: trailer + 60, in: &bytes)
  }

  /// Those of the blocks of tokens and of tensors, in the tables of the sections.
  public static func contents(_ parts: inout [(kind: String, content: [UInt8])]) {
    blocks("TOKN", "TOKB", alignment: 1, &parts)
    blocks("TDAT", "TBLK", alignment: 64, &parts)
  }

  /// The last block of a tensor is shorter than others, and what follows it is aligned.
  private static func blocks(
    _ data: String, _ table: String, alignment: Int,
    _ parts: inout [(kind: String, content: [UInt8])]
  ) {
    guard let data = parts.first(where: { $0.kind == data })?.content,
      let place = parts.firstIndex(where: { $0.kind == table })
    else { return }
    var content = parts[place].content
    let count = content.count / 12
    var end = 0
    for block in 0..<count {
      let start = end
      end += number(content, 4 * block, 4)
      guard end <= data.count else { break }
      put(crc32c(data.span.extracting(start..<end)), at: 8 * count + 4 * block, in: &content)
      if number(content, 4 * (count + block), 4) < 1 << 19 { end += -end & (alignment - 1) }
      guard end <= data.count else { break }
    }
    parts[place].content = content
  }

  /// A little-endian number.
  public static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  /// Puts 32 bits at an offset.
  public static func put(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
    }
  }
}
