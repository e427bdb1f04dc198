import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Quantised safetensors") struct QuantizedSafetensorsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(
    _ tensors: [(name: String, type: ElementType, shape: [Int], bytes: [UInt8])]
  ) throws -> String {
    let packed = folder.file("raw.gobbet")
    var writer = try WeightsWriter(path: packed, codec: .raw, replacing: true)
    for tensor in tensors {
      try writer.append(
        TensorDescription(name: tensor.name, elementType: tensor.type, shape: tensor.shape),
        tensor.bytes.span)
    }
    try writer.finish()
    let path = folder.file("model.safetensors")
    try SafetensorsWriter.write(WeightsReader(path: packed), to: path, replacing: true)
    return path
  }

  private static func bytes(_ floats: [Float], _ type: ElementType = .float32) throws -> [UInt8] {
    try #require(FloatConversion(type)).bytes(floats.span)
  }

  @Test("8-bit floats are multiplied by the scale of their part, whole, in parts and by experts")
  func fp8() throws {
    var generator = SeededGenerator(1)
    let (rows, columns) = (300, 200)
    // No NaN, which 0x7F and 0xFF are.
    let weight = (0..<(2 * rows * columns)).map { _ in
      UInt8.random(in: 0...0x7E, using: &generator) | (Bool.random(using: &generator) ? 0x80 : 0)
    }
    let scales = (0..<12).map { _ in Float.random(in: 0.001...2, using: &generator) }
    let path = try write([
      ("a.weight", .float8E4M3, [rows, columns], Array(weight.prefix(rows * columns))),
      ("a.weight_scale_inv", .float32, [3, 2], try Self.bytes(Array(scales.prefix(6)))),
      ("norm", .bfloat16, [2], [0, 1, 2, 3]),
      ("e", .float8E4M3, [2, rows, columns], weight),
      ("e_scale_inv", .float32, [2, 3, 2], try Self.bytes(scales)),
    ])
    func expected(_ index: Int) -> Float {
      let (matrix, row, column) = (
        index / columns / rows, index / columns % rows, index % columns
      )
      let scale = scales[(matrix * 3 + row / 128) * 2 + column / 128]
      return FloatConversion.widened(float8E4M3: weight[index]) * scale
    }
    let source = try #require(try WeightsInput(recognizing: path)).elements()
    let types = Dictionary(uniqueKeysWithValues: source.tensors.map { ($0.name, $0.elementType) })
    #expect(types == ["a.weight": .float32, "norm": .bfloat16, "e": .float32])
    let all = (0..<weight.count).map(expected)
    #expect(try source.floats(named: "a.weight") == Array(all.prefix(rows * columns)))
    #expect(try source.floats(named: "e") == all)
    let tensor = try #require(source.tensor(named: "e"))
    let whole = try source.bytes(of: tensor)
    for _ in 0..<20 {
      let start = Int.random(in: 0...whole.count, using: &generator)
      let range = start..<Int.random(in: start...whole.count, using: &generator)
      #expect(try source.bytes(of: tensor, in: range) == Array(whole[range]))
    }
  }

  @Test("8-bit floats with a scale for all, or for each row, are multiplied by it")
  func fp8OfRows() throws {
    let weight: [UInt8] = [0x38, 0x40, 0xB8, 0x30, 0x44, 0x3C]
    for (shape, scales) in [
      ([], [0.5]), ([1], [0.5]), ([2, 1], [0.5, 3]), ([2], [0.5, 3]),
    ] as [([Int], [Float])] {
      let path = try write([
        ("a.weight", .float8E4M3, [2, 3], weight),
        ("a.weight_scale", .float32, shape, try Self.bytes(scales)),
        ("b", .float32, [1], try Self.bytes([1])), ("b_scale", .float32, [1], try Self.bytes([2])),
      ])
      let source = try #require(try WeightsInput(recognizing: path)).elements()
      #expect(Set(source.tensors.map(\.name)) == ["a.weight", "b", "b_scale"])
      let expected = weight.enumerated().map { index, byte in
        FloatConversion.widened(float8E4M3: byte) * scales[scales.count == 1 ? 0 : index / 3]
      }
      #expect(try source.floats(named: "a.weight") == expected)
    }
    let unfit = try write([
      ("a.weight", .float8E4M3, [2, 3], weight),
      ("a.weight_scale", .float32, [3], try Self.bytes([1, 2, 3])),
    ])
    #expect(throws: InterchangeError.self) {
      try #require(try WeightsInput(recognizing: unfit)).elements()
    }
  }

  @Test("gpt-oss's blocks and scales are the experts' matrices, turned round")
  func experts() throws {
    var generator = SeededGenerator(2)
    let (experts, rows, groups) = (3, 5, 2)
    let blocks = (0..<(experts * rows * groups * 16)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    let scales = (0..<(experts * rows * groups)).map { _ in
      UInt8.random(in: 110...140, using: &generator)
    }
    let path = try write([
      ("w_blocks", .uint8, [experts, rows, groups, 16], blocks),
      ("w_scales", .uint8, [experts, rows, groups], scales),
    ])
    let source = try #require(try WeightsInput(recognizing: path)).elements()
    #expect(source.tensors.map(\.name) == ["w"])
    #expect(source.tensors[0].shape == [experts, 32 * groups, rows])
    let values: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    let found = try source.floats(named: "w")
    for expert in 0..<experts {
      for row in 0..<rows {
        for column in 0..<(32 * groups) {
          let block = (expert * rows + row) * groups + column / 32
          let byte = blocks[16 * block + column % 32 / 2]
          let code = Int(column % 2 == 0 ? byte & 0xF : byte >> 4)
          let power = Float(sign: .plus, exponent: Int(scales[block]) - 127, significand: 1)
          let value = (code < 8 ? values[code] : -values[code - 8]) * power
          #expect(found[(expert * 32 * groups + column) * rows + row] == value)
        }
      }
    }
    let whole = try source.bytes(of: source.tensors[0])
    for _ in 0..<20 {
      let start = Int.random(in: 0...whole.count, using: &generator)
      let range = start..<Int.random(in: start...whole.count, using: &generator)
      #expect(try source.bytes(of: source.tensors[0], in: range) == Array(whole[range]))
    }
  }

  @Test("a gpt-oss whose experts are in MXFP4 gives the logits of the numbers that they stand for")
  func gptOSS() throws {
    let original = fixturesFolder + "/models/gpt_oss"
    let source = try SafetensorsReader(original + "/model.safetensors")
    let config = try readFile(original + "/config.json")
    try folder.write("config.json", config)
    var generator = SeededGenerator(3)
    let values: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6]
    var plain: [(name: String, type: ElementType, shape: [Int], bytes: [UInt8])] = []
    var packed = plain
    for tensor in source.tensors {
      guard tensor.name.hasSuffix("gate_up_proj") else {
        let kept = (tensor.name, tensor.elementType, tensor.shape, try source.bytes(of: tensor))
        plain.append(kept)
        packed.append(kept)
        continue
      }
      // [experts, inputs, outputs], and in blocks [experts, outputs, inputs / 32, 16].
      let (experts, inputs, outputs) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
      var floats = [Float](repeating: 0, count: tensor.elementCount)
      var blocks: [UInt8] = []
      var scales: [UInt8] = []
      for expert in 0..<experts {
        for output in 0..<outputs {
          for input in stride(from: 0, to: inputs, by: 2) {
            if input % 32 == 0 { scales.append(UInt8.random(in: 118...123, using: &generator)) }
            let byte = UInt8.random(in: 0...255, using: &generator)
            blocks.append(byte)
            let power = Float(
              sign: .plus, exponent: Int(scales[scales.count - 1]) - 127, significand: 1)
            for (place, code) in [(input, byte & 0xF), (input + 1, byte >> 4)] {
              floats[(expert * inputs + place) * outputs + output] = values[Int(code)] * power
            }
          }
        }
      }
      plain.append((tensor.name, .float32, tensor.shape, try Self.bytes(floats)))
      packed.append(
        ("\(tensor.name)_blocks", .uint8, [experts, outputs, inputs / 32, 16], blocks))
      packed.append(("\(tensor.name)_scales", .uint8, [experts, outputs, inputs / 32], scales))
    }
    let ids: [TokenID] = [5, 9, 40, 7, 11]
    let expected = try ForwardPass(GPT(path: write(plain))).logits(of: ids, .all)
    #expect(expected.elements.contains { abs($0) > 0.01 })
    #expect(try ForwardPass(GPT(path: write(packed))).logits(of: ids, .all) == expected)
  }

  @Test("what is written is dequantised, and the configuration beside it says so")
  func conversion() throws {
    let weight = [UInt8](repeating: 0x38, count: 128 * 128)
    let path = try write([
      ("a.weight", .float8E4M3, [128, 128], weight),
      ("a.weight_scale_inv", .float32, [1, 1], try Self.bytes([0.5])),
    ])
    let output = folder.file("out.safetensors")
    _ = try FileConversion().convert(path, to: output, format: .safetensors)
    let reader = try SafetensorsReader(output)
    #expect(reader.tensors.map(\.name) == ["a.weight"])
    #expect(try reader.floats(named: "a.weight").allSatisfy { $0 == 0.5 })
    let text = #"{"a": [1, 2.5], "quantization_config": {"quant_method": "fp8"}, "b": "c"}"#
    #expect(try QuantizationConfig.removed(from: text) == #"{"a":[1,2.5],"b":"c"}"#)
  }

  @Test("scales that do not fit are an error that names them")
  func misfits() throws {
    let path = try write([
      ("a.weight", .float8E4M3, [200, 128], [UInt8](repeating: 0, count: 200 * 128)),
      ("a.weight_scale_inv", .float32, [1, 1], try Self.bytes([0.5])),
    ])
    let error = #expect(throws: InterchangeError.self) {
      _ = try #require(try WeightsInput(recognizing: path)).elements()
    }
    #expect(error?.field == "a.weight_scale_inv")
  }

  @Test(
    "weights of other methods are refused by the name that the configuration gives",
    arguments: [
      (#"{"quant_method": "gptq", "bits": 4}"#, "gptq"), (#"{"quant_method": "awq"}"#, "awq"),
      (#"{"load_in_8bit": false, "load_in_4bit": true}"#, "bitsandbytes"),
    ])
  func refused(config: String, method: String) throws {
    let path = try write([("a.qweight", .int32, [1], [1, 2, 3, 4])])
    try folder.write("config.json", Array(#"{"quantization_config": \#(config)}"#.utf8))
    let output = folder.file("x.gguf")
    let error = #expect(throws: LoadingError.self) {
      _ = try FileConversion().convert(path, to: output, format: .gguf)
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("quantised by \(method)"))
    // What is listed does not depend on it.
    #expect(try #require(try WeightsInput(recognizing: path)).source.tensors.count == 1)
  }
}
