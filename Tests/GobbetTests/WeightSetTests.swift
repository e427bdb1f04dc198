import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Weights in several files") struct WeightSetTests {
  private let folder: TemporaryFolder
  private let first: String
  private let second: String

  init() throws {
    folder = try TemporaryFolder()
    // Two models of the same tensors, which differ in all of them.
    var paths: [String] = []
    for (name, value) in [("a", UInt8(1)), ("b", UInt8(2))] {
      let path = folder.file("\(name).gobbet")
      var writer = try WeightsWriter(path: path, metadata: [("model", name)], codec: .raw)
      for index in 0..<6 {
        let tensor = try TensorDescription(name: "t\(index)", elementType: .uint8, shape: [1000])
        let data = [UInt8](repeating: value + UInt8(2 * index), count: 1000)
        try writer.append(tensor, data.span)
      }
      try writer.finish()
      paths.append(path)
    }
    first = paths[0]
    second = paths[1]
    try FileManager.default.createDirectory(
      atPath: folder.file("set"), withIntermediateDirectories: false)
  }

  enum Kind: String, CaseIterable {
    case gobbet
    case safetensors = "safetensors.index.json"

    var format: FileFormat { self == .gobbet ? .gobbet : .safetensorsIndex }
  }

  private func convert(
    _ path: String, _ kind: Kind, byteCount: Int = 2000, replacing: Bool = true
  ) throws {
    var conversion = FileConversion()
    conversion.shardByteCount = byteCount
    conversion.verifies = true
    _ = try conversion.convert(
      path, to: folder.file("set/m.\(kind.rawValue)"), format: kind.format, replacing: replacing)
  }

  private func shard(_ number: Int, _ kind: Kind) -> String {
    folder.file("set/m-0000\(number)-of-00003.\(kind == .gobbet ? "gobbet" : "safetensors")")
  }

  /// What the set holds as a whole.
  private func read(_ kind: Kind) throws -> [UInt8] {
    let path = kind == .gobbet ? shard(1, kind) : folder.file("set/m.\(kind.rawValue)")
    let weights = try #require(try WeightsInput(recognizing: path))
    #expect(weights.source.metadata.map(\.0) == ["model"])
    return try weights.source.tensors.flatMap { tensor in
      var bytes: [UInt8] = []
      try weights.source.forEachPiece(of: tensor) { piece in
        for index in piece.indices { bytes.append(piece[index]) }
      }
      return bytes
    }
  }

  @Test(
    "a set is replaced as a whole, and the same tensors give the same bytes",
    arguments: Kind.allCases)
  func replacing(kind: Kind) throws {
    try convert(first, kind)
    let old = try contents(of: folder.file("set"))
    #expect(try read(kind).max() == 11)
    #expect(throws: FileError.self) { try convert(second, kind, replacing: false) }
    #expect(try contents(of: folder.file("set")) == old)
    try convert(second, kind)
    #expect(try read(kind).max() == 12)
    try convert(first, kind)
    #expect(try contents(of: folder.file("set")) == old)
  }

  @Test("files of two sets are never read as one, whichever they are", arguments: Kind.allCases)
  func mixtures(kind: Kind) async throws {
    try convert(first, kind)
    let old = try contents(of: folder.file("set"))
    try convert(second, kind)
    let new = try contents(of: folder.file("set"))
    #expect(old.keys.sorted() == new.keys.sorted())
    let names = old.keys.sorted()
    for choice in 1..<((1 << names.count) - 1) {
      for (index, name) in names.enumerated() {
        let bytes = choice >> index & 1 == 0 ? old[name] : new[name]
        try writeFile(folder.file("set/" + name), try #require(bytes))
      }
      #expect(throws: (any Error).self, "\(choice)") { try read(kind) }
      guard kind == .gobbet else { continue }
      #expect(throws: LoadingError.self) {
        _ = try WeightShards(paths: names.map { folder.file("set/" + $0) })
      }
      var faults = 0
      for name in names {
        do {
          _ = try await FileVerification(path: folder.file("set/" + name))
        } catch is LoadingError { faults += 1 }
      }
      #expect(faults >= 2)
    }
  }

  @Test("files of earlier versions, which do not say of which set they are, are read")
  func unmarked() throws {
    for (number, name) in [(1, "x"), (2, "y"), (3, "z")] {
      var writer = try WeightsWriter(path: shard(number, .gobbet), metadata: [("model", "old")])
      let tensor = try TensorDescription(name: name, elementType: .uint8, shape: [1])
      try writer.append(tensor, [UInt8(number)].span)
      try writer.finish()
    }
    #expect(try read(.gobbet) == [1, 2, 3])
    let unmarked = try readFile(shard(2, .gobbet))
    try convert(first, .gobbet)
    try writeFile(shard(2, .gobbet), unmarked)
    let error = #expect(throws: LoadingError.self) { try read(.gobbet) }
    #expect(error?.path == shard(2, .gobbet))
  }

  @Test("a generation that is added to a file leaves it in its set")
  func generations() throws {
    try convert(first, .gobbet)
    var writer = try WeightsWriter(appendingTo: shard(1, .gobbet))
    let tensor = try TensorDescription(name: "t0", elementType: .uint8, shape: [1000])
    try writer.append(tensor, [UInt8](repeating: 200, count: 1000).span)
    try writer.finish()
    #expect(try read(.gobbet).max() == 200)
  }

  @Test("a file of a set under a name of its own is not taken for the whole")
  func alone() throws {
    try convert(first, .gobbet)
    let copy = folder.file("copy.gobbet")
    try writeFile(copy, try readFile(shard(2, .gobbet)))
    let error = #expect(throws: LoadingError.self) { _ = try WeightsInput(recognizing: copy) }
    #expect(error?.reason == "is file 2 of a set of 3")
  }

  @Test(
    "a place that no file of a set can have is an error that names its field",
    arguments: [
      ([0, 3], 32, "set.number"), ([4, 3], 32, "set.number"), ([1, 1], 31, "set.chain"),
      ([1, 1], 33, "set"),
    ])
  func damagedPlaces(numbers: [UInt8], chainByteCount: Int, field: String) throws {
    var writer = try ContainerWriter(appendingTo: first)
    let content =
      numbers.flatMap { [$0, 0, 0, 0] } + [UInt8](repeating: 0, count: chainByteCount)
    try writer.add(SectionKind("wset"), content, level: nil)
    _ = try writer.finish()
    let error = #expect(throws: FormatError.self) { _ = try WeightsInput(recognizing: first) }
    #expect(error?.field == field)
  }

  @Test("files that an index no longer names go with it, and no others")
  func replacedShards() throws {
    try convert(first, .safetensors)
    try writeFile(folder.file("set/m-00009-of-00009.safetensors"), [1])
    try convert(second, .safetensors, byteCount: 3000)
    #expect(
      try names(in: folder.file("set")) == [
        "m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors",
        "m-00009-of-00009.safetensors", "m.safetensors.index.json",
      ])
    #expect(try read(.safetensors).max() == 12)
  }

  @Test("a set that cannot be put in place leaves the old one, and nothing beside it")
  func failing() throws {
    try convert(first, .safetensors)
    let old = try contents(of: folder.file("set"))
    var error: (any Error)?
    let files = try FileSet([shard(1, .safetensors), shard(2, .safetensors)], replacing: true)
    try writeFile(files.stagedPath(0), [1])
    // The second is missing.
    do { try files.commit() } catch let caught { error = caught }
    #expect(error is FileError)
    for (name, bytes) in old { #expect(try readFile(folder.file("set/" + name)) == bytes) }
  }
}
