import GobbetFile

/// What one open container may allocate while it is fuzzed.
private let budget = 1 << 24

/// Makes the checksums of the header, the table, the section headers and the trailer right, so that
/// fuzzing gets past them; what the file says otherwise stays as it is.
private func seal(_ bytes: inout [UInt8]) {
  func number(_ offset: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }
  func put(_ checksum: UInt32, _ offset: Int) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index))
    }
  }
  guard bytes.count >= 128 else { return }
  let trailer = bytes.count - 64
  for offset in stride(from: 0, to: trailer, by: 64)
  where offset == 0 || bytes[offset..<(offset + 4)].elementsEqual("SECT".utf8) {
    put(crc32c(bytes.span.extracting(offset..<(offset + 60))), offset + 60)
  }
  let table = number(trailer + 8, 7)
  let count = number(trailer + 16, 7)
  if table <= trailer, count <= trailer - table {
    put(crc32c(bytes.span.extracting(table..<(table + count))), trailer + 24)
  }
  put(crc32c(bytes.span.extracting(trailer..<(trailer + 60))), trailer + 60)
}

/// Reads everything that a container offers; errors are what is expected, nothing else is.
private func readAll(_ bytes: [UInt8]) {
  do {
    let reader = try ContainerReader(MemorySource(bytes), named: "fuzz", budget: budget)
    for section in reader.sections {
      _ = try? reader.bytes(of: section)
      let middle = section.byteCount / 2
      _ = try? reader.bytes(of: section, in: middle..<min(section.byteCount, middle + 10))
    }
    _ = try? reader.metadata()
    if let signature = try? reader.signature() { _ = signature.isValid(for: reader.contentID) }
    try reader.verify()
  } catch is FormatError {
    return
  } catch {
    preconditionFailure("not a FormatError: \(error)")
  }
}

/// One execution: the input as it is, and with right checksums.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var bytes = Array(UnsafeBufferPointer(start: start, count: count))
  readAll(bytes)
  seal(&bytes)
  readAll(bytes)
  return 0
}
