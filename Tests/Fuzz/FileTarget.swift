import GobbetFile
import TestSupport

/// libFuzzer's own mutations: bytes changed, inserted, taken out, copied from elsewhere.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

/// One execution: reads a file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  readAll(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Makes another file: of the bytes as they lie there, or of the content of a section, around which
/// the container is then put together anew.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateFile(
  _ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  var random = SeededGenerator(UInt64(seed))
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  var result: [UInt8]?
  if Int.random(in: 0..<8, using: &random) > 0 { result = withChangedContent(bytes, &random) }
  if result == nil {
    result = mutated(bytes, room: 64)
    if Bool.random(using: &random), var sealed = result {
      Sealing.container(&sealed)
      result = sealed
    }
  }
  guard let result, result.count <= limit else { return count }
  for (index, byte) in result.enumerated() { data[index] = byte }
  return result.count
}

/// `bytes` changed by libFuzzer, and at most `room` bytes longer.
private func mutated(_ bytes: [UInt8], room: Int) -> [UInt8] {
  var buffer = bytes + [UInt8](repeating: 0, count: room)
  let count = buffer.withUnsafeMutableBufferPointer { buffer in
    buffer.baseAddress.map { mutate($0, bytes.count, buffer.count) } ?? 0
  }
  return Array(buffer.prefix(count))
}

/// The container with a change in what one or two of its sections hold; nil if it cannot be opened.
private func withChangedContent(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8]? {
  guard let reader = try? ContainerReader(MemorySource(bytes), named: "seed", budget: budget) else {
    return nil
  }
  var parts: [(kind: String, content: [UInt8])] = []
  for section in reader.sections where section.name.isEmpty {
    guard let content = try? reader.bytes(of: section) else { return nil }
    parts.append(("\(section.kind)", content))
  }
  guard !parts.isEmpty else { return nil }
  for _ in 0...Int.random(in: 0...1, using: &random) {
    let place = Int.random(in: 0..<parts.count, using: &random)
    if parts[place].kind == "TOKN", Bool.random(using: &random) {
      changeUnits(&parts)
    } else {
      parts[place].content = mutated(parts[place].content, room: 16)
    }
  }
  if Int.random(in: 0..<64, using: &random) == 0, parts.count > 1 {
    parts.remove(at: Int.random(in: 0..<parts.count, using: &random))
  }
  if Int.random(in: 0..<16, using: &random) > 0 { Sealing.contents(&parts) }
  // Tensors too begin at the next multiple of 64: zeros are dull, and 16 KiB of them take time.
  let file = HandMadeFile(
    parts.map { .raw($0.kind, $0.content, blockByteCount: 1 << 20) },
    profile: reader.profile.rawValue)
  return file.bytes
}

/// Changes what the frame of the first block of tokens holds, where there is one.
private func changeUnits(_ parts: inout [(kind: String, content: [UInt8])]) {
  guard let data = parts.firstIndex(where: { $0.kind == "TOKN" }),
    let table = parts.firstIndex(where: { $0.kind == "TOKB" }), parts[table].content.count >= 12
  else { return }
  let blockCount = parts[table].content.count / 12
  let stored = Sealing.number(parts[table].content, 0, 4)
  let decoded = Sealing.number(parts[table].content, 4 * blockCount, 4)
  guard stored <= parts[data].content.count, decoded <= 1 << 16 else { return }
  var units: [UInt8] = []
  let frame = Array(parts[data].content.prefix(stored))
  try? Decompressor().decompress(frame.span, byteCount: decoded, into: &units, field: "")
  guard !units.isEmpty else { return }
  units = mutated(units, room: 4)
  var changed: [UInt8] = []
  Compressor(level: 1).compress(units.span, into: &changed)
  parts[data].content.replaceSubrange(0..<stored, with: changed)
  Sealing.put(UInt32(changed.count), at: 0, in: &parts[table].content)
  Sealing.put(UInt32(units.count), at: 4 * blockCount, in: &parts[table].content)
}
