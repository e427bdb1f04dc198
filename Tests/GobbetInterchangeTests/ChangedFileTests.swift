import Foundation
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// `GOBBET_FILE_RUNS` says how many changed files of each kind are read, and has what was refused printed,
/// with how often.
@Suite("Changed files of weights") struct ChangedFileTests {
  /// `np.savez_compressed` of [2, 9] of `<i4` in Fortran's order, and [3] of `>f4`, by NumPy 2.4.6.
  private static let deflated =
    "UEsDBC0AAAAIAAAAIQAh6+Ag//////////8FABQAYS5ucHkBABAAyAAAAAAAAABxAAAAAAAAAJvsF+obEMnI"
    + "UMZQrZ6SWpxcpG6loG6TaaKuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKlpo6CrUK5AMuBiDg"
    + "BGJGIAZxmICYG4iZgZgHiFmAmBeIWYGYD4jZgJgfiNmBWACIOYBYEIgBUEsDBC0AAAAIAAAAIQArqXCC////"
    + "//////8FABQAYi5ucHkBABAAjAAAAAAAAABNAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqKuo6Ce"
    + "ll9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GILBvYGBwANIAUEsBAi0DLQAAAAgAAAAh"
    + "ACHr4CBxAAAAyAAAAAUAAAAAAAAAAAAAAIABAAAAAGEubnB5UEsBAi0DLQAAAAgAAAAhACupcIJNAAAAjAAA"
    + "AAUAAAAAAAAAAAAAAIABqAAAAGIubnB5UEsFBgAAAAACAAIAZgAAACwBAAAAAA=="

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Reads changed files, and expects of them what ``ChangedFiles/check(_:)`` expects.
  ///
  /// Of each the changes are in the first kibibyte, or in the last.
  private func read(
    _ seeds: [[UInt8]], _ name: String, fileName: String? = nil,
    _ open: (String) throws -> any TensorSource
  ) throws {
    var files = ChangedFiles(runs: "GOBBET_FILE_RUNS", else: 2000)
    var generator = SeededGenerator(UInt64(name.utf8.count))
    let path = folder.file(fileName ?? "changed.\(name)")
    for _ in 0..<files.runCount {
      var bytes = try #require(seeds.randomElement(using: &generator))
      let count = min(bytes.count, 1024)
      let start = Bool.random(using: &generator) ? 0 : bytes.count - count
      ChangedFiles.change(&bytes, in: start..<(start + count), &generator)
      try writeFile(path, bytes)
      files.read { try open(path) }
    }
    files.check("files of \(name)")
  }

  @Test("a GGUF file that was changed is read or refused, soon and in little memory")
  func gguf() throws {
    let path = folder.file("seed.gguf")
    try GGUFWriter.write(GGUFTests.source(), to: path, values: GGUFTests.values)
    let seeds = try [readFile(path), fixture("gguf/blocks.gguf")]
    try read(seeds.map { Array($0) }, "gguf") { path in
      let reader = try GGUFReader(path)
      _ = reader.metadata
      _ = try? reader.vocabulary()
      return reader
    }
  }

  @Test("a split GGUF model of which a file was changed is read or refused, as soon")
  func splitGGUF() throws {
    let source = try GGUFTests.source()
    for (number, part) in source.shards(of: 1).prefix(2).enumerated() {
      let values: [(key: String, value: GGUFValue)] = [
        ("split.no", .uint16(UInt16(number))), ("split.count", .uint16(2)),
        ("split.tensors.count", .int32(2)),
      ]
      try GGUFWriter.write(
        part, to: folder.file("m-0000\(number + 1)-of-00002.gguf"), values: values)
    }
    let name = "m-00002-of-00002.gguf"
    let seed = Array(try readFile(folder.file(name)))
    #expect(try GGUFReader(folder.file(name)).tensors.count == 2)
    try read([seed], "split GGUF", fileName: name) { try GGUFReader($0) }
  }

  @Test("a safetensors file that was changed is read or refused, soon and in little memory")
  func safetensors() throws {
    let path = folder.file("seed.safetensors")
    try SafetensorsWriter.write(MemorySource.random(seed: 3), to: path)
    try read([readFile(path)], "safetensors") { try SafetensorsReader($0) }
  }

  @Test("NumPy's files that were changed are read or refused, soon and in little memory")
  func numPy() throws {
    var source = MemorySource()
    try source.append("a", .int32, [2, 3], (0..<24).map { UInt8($0) })
    try source.append("b", .float16, [0, 7], [])
    try NumPyWriter.write(source, to: folder.file("seed.npz"))
    try NumPyWriter.write(source.tensors[0], of: source, to: folder.file("seed.npy"))
    let deflated = try #require(Data(base64Encoded: Self.deflated))
    try read(
      [readFile(folder.file("seed.npz")), readFile(folder.file("seed.npy")), Array(deflated)],
      "npz"
    ) { try NumPyReader($0) }
  }
}
