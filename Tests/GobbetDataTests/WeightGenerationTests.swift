import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// Files of weights that grow, and models in several files.
@Suite("Weights in generations and shards") struct WeightGenerationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func tensor(
    _ name: String, _ count: Int, _ value: Float, _ type: ElementType = .float32
  ) throws -> (TensorDescription, [UInt8]) {
    let floats = (0..<count).map { value + Float($0 % 100) / 1000 }
    return (
      try TensorDescription(name: name, elementType: type, shape: [count]),
      WeightsTests.bytes(floats, type)
    )
  }

  private func content(_ path: String) throws -> [String: [UInt8]] {
    let reader = try WeightsReader(path: path, checks: .all)
    return Dictionary(
      uniqueKeysWithValues: try reader.tensors.map { ($0.name, try reader.bytes(of: $0)) })
  }

  @Test(
    "tensors are added and replaced in a new generation, and the file reads as before until then")
  func appending() throws {
    let path = folder.file("w.gobbet")
    let (a, b) = (try Self.tensor("a", 300_000, 1), try Self.tensor("b", 10, 2))
    var writer = try WeightsWriter(
      path: path, metadata: [("k", "1")], vocabulary: Vocabularies.random(mergeCount: 3, seed: 1))
    for (tensor, data) in [a, b] { try writer.append(tensor, data.span) }
    try writer.finish()
    let first = try readFile(path)

    let (newA, c) = (try Self.tensor("a", 20, 3, .bfloat16), try Self.tensor("c", 200_000, 4))
    var appending = try WeightsWriter(appendingTo: path)
    try appending.append(newA.0, newA.1.span)
    try appending.append(c.0, c.1.span)
    #expect(try content(path) == ["a": a.1, "b": b.1])
    try appending.finish()
    #expect(try content(path) == ["a": newA.1, "b": b.1, "c": c.1])
    let reader = try WeightsReader(path: path)
    #expect(reader.tensors == [newA.0, b.0, c.0])
    #expect(reader.metadata.map(\.1) == ["1"])
    #expect(try reader.vocabulary() != nil)

    var third = try WeightsWriter(appendingTo: path, metadata: [("k", "2")], codec: .raw)
    try third.append(a.0, a.1.span)
    try third.finish()
    #expect(try content(path) == ["a": a.1, "b": b.1, "c": c.1])
    #expect(try WeightsReader(path: path).metadata.map(\.1) == ["2"])
    #expect(try ContainerReader(path: path).generationCount() == 3)
    try ContainerReader(path: path).verify()
    // What was written first is there still, byte for byte.
    #expect(try readFile(path).starts(with: first))
  }

  @Test("an append that is given up, or cut at any byte, leaves the generation before")
  func tornAppend() throws {
    let path = folder.file("w.gobbet")
    let a = try Self.tensor("a", 50, 1)
    var writer = try WeightsWriter(path: path)
    try writer.append(a.0, a.1.span)
    try writer.finish()
    do {
      var appending = try WeightsWriter(appendingTo: path)
      let other = try Self.tensor("a", 50, 2)
      try appending.append(other.0, other.1.span)
    }
    #expect(try content(path) == ["a": a.1])
    let old = try readFile(path)
    var appending = try WeightsWriter(appendingTo: path)
    let b = try Self.tensor("b", 9, 5)
    try appending.append(b.0, b.1.span)
    try appending.finish()
    let new = try readFile(path)
    for count in stride(from: old.count, to: new.count, by: 101) {
      let cut = try folder.write("cut.gobbet", Array(new.prefix(count)))
      #expect(try content(cut) == ["a": a.1], "cut at \(count)")
    }
    #expect(try content(path) == ["a": a.1, "b": b.1])
  }

  @Test("the same steps give the same bytes, and a vocabulary without tensors cannot grow some")
  func determinism() throws {
    for name in ["one", "two"] {
      var writer = try WeightsWriter(path: folder.file(name), metadata: [("a", "b")])
      let tensor = try Self.tensor("a", 200_000, 1, .float16)
      try writer.append(tensor.0, tensor.1.span)
      try writer.finish()
      var appending = try WeightsWriter(appendingTo: folder.file(name))
      let other = try Self.tensor("b", 200_000, 2, .float64)
      try appending.append(other.0, other.1.span)
      try appending.finish()
    }
    #expect(try readFile(folder.file("one")) == readFile(folder.file("two")))
    try Vocabularies.random(mergeCount: 3, seed: 1).write(to: folder.file("v.gobbet"))
    let before = try readFile(folder.file("v.gobbet"))
    #expect(throws: FormatError.self) {
      _ = try WeightsWriter(appendingTo: folder.file("v.gobbet"))
    }
    #expect(try readFile(folder.file("v.gobbet")) == before)
  }

  @Test("a generation whose sections are not all there is an error")
  func missingSections() throws {
    let path = folder.file("w.gobbet")
    var writer = try WeightsWriter(path: path)
    let a = try Self.tensor("a", 5, 1)
    try writer.append(a.0, a.1.span)
    try writer.finish()
    var container = try ContainerWriter(appendingTo: path)
    try container.add(SectionKind("TENS"), named: "2", [0, 0, 0, 0, 0, 0, 8, 0], level: nil)
    _ = try container.finish()
    let code = #expect(throws: FormatError.self) { try WeightsReader(path: path) }?.code
    #expect(code == .damaged("2 sections TENS, not 1"))
  }

  @Test("several files are one model, in which no name comes twice")
  func shards() async throws {
    let tensors = try (0..<5).map { try Self.tensor("t\($0)", 100 + $0, Float($0)) }
    var paths: [String] = []
    for (number, part) in [tensors[..<2], tensors[2...]].enumerated() {
      let path = folder.file("\(number).gobbet")
      var writer = try WeightsWriter(path: path, metadata: [("shard", "\(number)")])
      for (tensor, data) in part { try writer.append(tensor, data.span) }
      try writer.finish()
      paths.append(path)
    }
    let model = try WeightShards(paths: paths)
    #expect(model.tensors == tensors.map(\.0))
    #expect(model.metadata.map(\.1) == ["0"])
    let layout = try TensorLayout(model.tensors)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.byteCount, alignment: 64)
    defer { unsafe memory.deallocate() }
    try unsafe await model.load(layout, into: memory, threadCount: 2)
    for (index, (tensor, data)) in tensors.enumerated() {
      #expect(try model.bytes(of: tensor) == data)
      let loaded = unsafe Array(memory[layout.bytes(index)])
      #expect(loaded == data)
      let slice = try TensorSlice(tensor, [3..<7])
      #expect(try model.bytes(of: slice) == Array(data[12..<28]))
    }
    #expect(throws: TensorError(.duplicateName, tensor: "t0")) {
      try WeightShards(paths: [paths[0], paths[0]])
    }
  }
}
