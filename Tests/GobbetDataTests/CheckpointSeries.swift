import GobbetData
import TestSupport

/// Small checkpoints that differ a little from each other, as those of a run do.
enum CheckpointSeries {
  /// The types that may be stored as differences, one in blocks among them, and one that may not.
  static let types: [ElementType] = [
    .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2, .q8_0, .int32,
  ]

  /// Writes the checkpoint of that number, and those before it beside it if they are not there.
  static func write(_ number: Int, to path: String) throws {
    let base = try number == 0 ? nil : checkpoint(number - 1, beside: path)
    var writer = try WeightsWriter(path: path, metadata: [("step", "\(500 * number)")], base: base)
    for (tensor, data) in try tensors(number) { try writer.append(tensor, data.span) }
    try writer.finish()
  }

  private static func checkpoint(_ number: Int, beside path: String) throws -> WeightsReader {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let name = (folder + ["series-\(number).gobbet"]).joined(separator: "/")
    if let reader = try? WeightsReader(path: name) { return reader }
    try write(number, to: name)
    return try WeightsReader(path: name)
  }

  /// What the checkpoint of that number holds.
  static func tensors(_ number: Int) throws -> [(TensorDescription, [UInt8])] {
    var tensors: [(TensorDescription, [UInt8])] = []
    for type in types {
      let shape = [3, type.isInBlocks ? 64 : 40]
      let tensor = try TensorDescription(name: type.name, elementType: type, shape: shape)
      tensors.append((tensor, data(tensor, number)))
    }
    // One that has another shape in each checkpoint, and one that is new in the last.
    let growing = try TensorDescription(
      name: "growing", elementType: .bfloat16, shape: [number, 40])
    tensors.append((growing, data(growing, number)))
    if number == 2 {
      let new = try TensorDescription(name: "new", elementType: .float32, shape: [40])
      tensors.append((new, data(new, number)))
    }
    return tensors
  }

  private static func data(_ tensor: TensorDescription, _ number: Int) -> [UInt8] {
    var generator = SeededGenerator(UInt64(tensor.elementType.rawValue))
    guard FloatConversion(tensor.elementType) != nil else {
      let start = (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
      return start.enumerated().map { $0 % 17 == number ? $1 ^ 1 : $1 }
    }
    let floats = (0..<tensor.elementCount).map { index in
      let start = Float.random(in: -0.1...0.1, using: &generator)
      // Signs change, too.
      return start + Float(number) * Float(index % 7 - 3) / 4096
    }
    return WeightsTests.bytes(floats, tensor.elementType)
  }
}
