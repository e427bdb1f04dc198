import Foundation
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Checkpoints stored as differences") struct WeightDifferenceTests {
  let folder: TemporaryFolder
  private var paths: [String] { (0..<3).map { folder.file("series-\($0).gobbet") } }

  init() throws {
    folder = try TemporaryFolder()
    try CheckpointSeries.write(2, to: folder.file("series-2.gobbet"))
  }

  @Test("a series gives back every bit of every checkpoint, by whichever checks and in parts")
  func series() throws {
    for number in 0..<3 {
      for checks in WeightChecks.allCases {
        let reader = try WeightsReader(
          path: paths[number], checks: checks, isMapped: checks == .all)
        for (tensor, data) in try CheckpointSeries.tensors(number) {
          #expect(try reader.bytes(of: tensor) == data, "\(tensor.name) of \(number)")
          guard data.count > 9 else { continue }
          #expect(try reader.bytes(of: tensor, in: 3..<9) == Array(data[3..<9]))
        }
      }
    }
    let reader = try WeightsReader(path: paths[2])
    let codecs = CheckpointSeries.types.map { reader.codec(ofTensorNamed: $0.name) }
    #expect(codecs.dropLast().allSatisfy { $0 == .delta } && codecs.last == .raw)
    #expect(reader.codec(ofTensorNamed: "growing") != .delta)
    #expect(reader.base?.fileName == "series-1.gobbet")
  }

  @Test(
    "a difference of any two bit patterns gives the second back", arguments: CheckpointSeries.types)
  func patterns(type: ElementType) throws {
    // More than a block: 0.6 MB.
    let width = type.blockLayout?.elementCount ?? 1
    let row = try TensorDescription(name: "w", elementType: type, shape: [width])
    let tensor = try TensorDescription(
      name: "w", elementType: type, shape: [5 * 131_072 / row.byteCount, width])
    var generator = SeededGenerator(UInt64(type.rawValue))
    let first = (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
    // Equal to begin with, so that differences are chosen; then NaN, infinities and zeros of both signs.
    var second = first
    for index in (tensor.byteCount / 2)..<tensor.byteCount {
      second[index] = [0, 0x80, 0x7F, 0xFF, first[index] ^ 1].randomElement(using: &generator) ?? 0
    }
    let (one, other) = (folder.file("one.gobbet"), folder.file("other.gobbet"))
    var writer = try WeightsWriter(path: one)
    try writer.append(tensor, first.span)
    try writer.finish()
    writer = try WeightsWriter(path: other, base: WeightsReader(path: one))
    try writer.append(tensor, second.span)
    try writer.finish()
    let reader = try WeightsReader(path: other)
    #expect(try reader.bytes(of: tensor) == second)
    #expect(reader.codec(ofTensorNamed: "w") == (type == .int32 ? .raw : .delta))
  }

  @Test("a missing base is named, and what the file holds can still be listed")
  func missing() throws {
    let id = try WeightsReader(path: paths[0]).contentID
    try FileManager.default.removeItem(atPath: paths[0])
    for path in paths[1...] {
      let reader = try WeightsReader(path: path)
      #expect(reader.tensors.count >= 9 && reader.baseFault != nil || path == paths[2])
      let error = #expect(throws: LoadingError.self) { try reader.floats(named: "f32") }
      #expect(error?.path == paths[1])
      #expect(error?.reason.contains("series-0.gobbet with content id \(id)") == true)
      #expect(error?.reason.contains("put it in the same folder") == true)
    }
  }

  @Test("a base that was replaced, or added to, is refused by both content ids")
  func wrong() throws {
    let named = try WeightsReader(path: paths[1]).contentID
    var writer = try WeightsWriter(appendingTo: paths[1], metadata: [("a", "b")])
    try writer.finish()
    let found = try WeightsReader(path: paths[1]).contentID
    let error = #expect(throws: LoadingError.self) {
      try WeightsReader(path: paths[2]).floats(named: "bf16")
    }
    #expect(error?.reason.contains("\(named)") == true)
    #expect(error?.reason.contains("has content id \(found)") == true)
  }

  @Test("files that name each other as their bases are refused as a circle")
  func circle() throws {
    try FileManager.default.removeItem(atPath: paths[1])
    try FileManager.default.copyItem(atPath: paths[2], toPath: paths[1])
    // What lies at the base's name has the file's own name for its base.
    let error = #expect(throws: LoadingError.self) {
      try WeightsReader(path: paths[1]).floats(named: "f16")
    }
    #expect(error?.reason.contains("the bases go in a circle") == true)
  }

  @Test("a file stands on 64 others, and no more")
  func chain() throws {
    let tensor = try TensorDescription(name: "w", elementType: .bfloat16, shape: [200])
    let data = WeightsTests.bytes((0..<200).map { Float($0) }, .bfloat16)
    for number in 0...65 {
      let base =
        number == 0 ? nil : try WeightsReader(path: folder.file("step-\(number - 1).gobbet"))
      let path = folder.file("step-\(number).gobbet")
      guard number < 65 else {
        #expect(throws: LoadingError.self) { _ = try WeightsWriter(path: path, base: base) }
        break
      }
      var writer = try WeightsWriter(path: path, base: base)
      try writer.append(tensor, data.span)
      try writer.finish()
      let reader = try WeightsReader(path: path)
      #expect(try reader.bytes(of: tensor) == data)
    }
  }

  @Test("a tensor that the base has otherwise is named")
  func otherTensor() throws {
    // The second checkpoint's file with a base that holds nothing of it.
    let empty = folder.file("empty.gobbet")
    var writer = try WeightsWriter(path: empty)
    try writer.finish()
    let id = try WeightsReader(path: empty).contentID
    var parts = try BrokenParts(readingFrom: paths[1])
    parts["BASE"] = id.bytes + Array("empty.gobbet".utf8)
    let content = BrokenContent(.weights, "other", parts, at: ("BASE", 0), "") { _ in }
    let path = folder.file("other.gobbet")
    try writeFile(path, content.bytes)
    let error = #expect(throws: LoadingError.self) {
      try WeightsReader(path: path).floats(named: "f32")
    }
    #expect(error?.path == empty)
    #expect(error?.reason.contains("lacks tensor f32") == true)
  }
}
