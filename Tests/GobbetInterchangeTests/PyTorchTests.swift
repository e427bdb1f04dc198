import Foundation
import GobbetData
import GobbetFile
import GobbetInterchange
import TestSupport
import Testing

@Suite("Checkpoints of PyTorch") struct PyTorchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// PyTorch's name of an element type.
  static func typeName(_ type: ElementType) -> String {
    switch type {
    case .float8E4M3: "float8_e4m3fn"
    case .float8E5M2: "float8_e5m2"
    case .float8E8M0: "float8_e8m0fnu"
    case .float8E4M3FNUZ: "float8_e4m3fnuz"
    case .float8E5M2FNUZ: "float8_e5m2fnuz"
    default: "\(type)"
    }
  }

  static let files = [
    "types.pt", "state_dict.pth", "bf16.bin", "training.pt", "lightning.ckpt", "views.pt",
    "parameters.pt", "legacy.pt",
  ]

  @Test("checkpoints of every shape hold the tensors that PyTorch put in", arguments: files)
  func checkpoints(name: String) throws {
    let object = try JSONSerialization.jsonObject(
      with: Data(try fixture("pytorch/expected.json")))
    let all = try #require(object as? [String: [String: [Any]]])
    let expected = try #require(all[name])
    let reader = try PyTorchReader(fixturesFolder + "/pytorch/" + name)
    #expect(Set(reader.tensors.map(\.name)) == Set(expected.keys))
    #expect(reader.tensors.count == expected.count)
    for tensor in reader.tensors {
      let entry = try #require(expected[tensor.name])
      #expect(Self.typeName(tensor.elementType) == entry[0] as? String, "\(tensor.name)")
      #expect(tensor.shape == entry[1] as? [Int], "\(tensor.name)")
      let bytes = try reader.bytes(of: tensor)
      #expect("\(ContentDigest(of: bytes.span))" == entry[2] as? String, "\(tensor.name)")
      let middle = (bytes.count / 3)..<(bytes.count - bytes.count / 4)
      #expect(try reader.bytes(of: tensor, in: middle) == Array(bytes[middle]))
    }
  }

  @Test("what isn't a tensor beside the tensors is named")
  func others() throws {
    let reader = try PyTorchReader(fixturesFolder + "/pytorch/parameters.pt")
    #expect(reader.otherKeys == ["a number beside", "nothing"])
    let training = try PyTorchReader(fixturesFolder + "/pytorch/training.pt")
    #expect(
      training.otherKeys == ["optimizer", "iter_num", "best_val_loss", "model_args", "config"])
    let configuration = try #require(training.gpt2Configuration)
    #expect(configuration.headCount == 3 && configuration.layerCount == 2)
    #expect(configuration.contextLength == 7 && configuration.vocabularySize == nil)
    // nanoGPT's MLP has `nn.GELU()`.
    #expect(configuration.activation == .geluErf)
    #expect(reader.gpt2Configuration == nil)
    #expect(try FileFormat(recognizing: fixturesFolder + "/pytorch/training.pt") == .pyTorch)
  }

  @Test(
    "of a file before PyTorch 1.6 a long pickle is read whole, and one without an end is refused")
  func longPickle() throws {
    let folder = try TemporaryFolder()
    let legacy = try readFile(fixturesFolder + "/pytorch/legacy.pt")
    // After the start of the third pickle comes a text that is taken off the stack again.
    let second = try #require(legacy[21...].firstIndex(of: 0x2E))
    let count = 10 << 20
    let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    let text = [0x58] + length + [UInt8](repeating: 0x61, count: count)
    let start = Array(legacy[...(second + 2)])
    let path = try folder.write("long.pt", start + text + [0x30] + legacy[(second + 3)...])
    let (found, expected) = try (
      PyTorchReader(path), PyTorchReader(fixturesFolder + "/pytorch/legacy.pt")
    )
    #expect(found.tensors == expected.tensors)
    for tensor in found.tensors {
      #expect(try found.bytes(of: tensor) == expected.bytes(of: tensor))
    }
    let cut = try folder.write("cut.pt", start + text)
    let error = #expect(throws: InterchangeError.self) { _ = try PyTorchReader(cut) }
    #expect(error?.description.contains("the pickle ends inside") == true)
  }

  @Test("names that are not understood are listed, and those of tensors are not")
  func opaqueNames() throws {
    let lightning = try PyTorchReader(fixturesFolder + "/pytorch/lightning.ckpt")
    #expect(
      try lightning.opaqueNames() == [
        "__builtin__.list", "__builtin__.set", "argparse.Namespace", "pathlib.PosixPath",
      ])
    for name in ["types.pt", "views.pt", "parameters.pt", "bf16.bin", "legacy.pt"] {
      let reader = try PyTorchReader("\(fixturesFolder)/pytorch/\(name)")
      #expect(try reader.opaqueNames() == [], "\(name)")
    }
  }

  /// The CRC-32 of ZIP, bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return ~sum
  }

  @Test("a dictionary that a key names is read, through dictionaries and lists")
  func keys() throws {
    let path = fixturesFolder + "/pytorch/training.pt"
    let moments = try PyTorchReader(path, key: "optimizer.state.0")
    #expect(moments.tensors.map(\.name) == ["step", "exp_avg", "exp_avg_sq"])
    #expect(try moments.floats(named: "step") == [1])
    let model = try PyTorchReader(path, key: "model")
    #expect(model.tensors == (try PyTorchReader(path)).tensors)
    for (key, text) in [
      ("optimizer.states", "no states in this checkpoint; there is state, param_groups"),
      ("iter_num", "a number, or nothing, where a dictionary of tensors is expected"),
      ("optimizer.param_groups.7", "no 7 in this checkpoint"),
      ("optimizer", "several dictionaries of tensors (state.0"),
    ] {
      let error = #expect(throws: InterchangeError.self) { _ = try PyTorchReader(path, key: key) }
      #expect("\(try #require(error))".contains(text), "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test("a storage or a pickle that is damaged is found by its checksum")
  func checksums() throws {
    let good = try archive([
      ("a/data.pkl", Self.pickle()), ("a/data/0", [1, 2, 3, 4, 5, 6, 7, 8]),
    ])
    let reader = try PyTorchReader(good)
    #expect(try reader.bytes(of: reader.tensors[0]) == [1, 2, 3, 4, 5, 6, 7, 8])
    var bytes = try readFile(good)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [1, 2, 3, 4, 5]) })
    bytes[place] ^= 1
    let other = try PyTorchReader(folder.write("storage.pt", bytes))
    let error = #expect(throws: InterchangeError.self) {
      try other.bytes(of: other.tensors[0], in: 4..<8)
    }
    #expect(error?.code == .damaged("another checksum") && error?.field == "w")
    bytes[place] ^= 1
    let name = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("FloatS".utf8)) })
    bytes[name] ^= 1
    let pickle = #expect(throws: InterchangeError.self) {
      _ = try PyTorchReader(folder.write("pickle.pt", bytes))
    }
    #expect(pickle?.code == .damaged("another checksum"))
  }

  /// A ZIP file of members that are stored.
  private func archive(_ members: [(String, [UInt8])]) throws -> String {
    func word(_ value: Int, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in members {
      let name = Array(name.utf8)
      let fields =
        word(0, 2) + word(0, 2) + word(0) + word(Int(Self.checksum(bytes))) + word(bytes.count)
        + word(bytes.count)
        + word(name.count, 2) + word(0, 2)
      directory +=
        word(0x0201_4B50) + word(0, 2) + word(0, 2) + fields + word(0, 6) + word(0)
        + word(file.count) + name
      file += word(0x0403_4B50) + word(0, 2) + fields + name + bytes
    }
    let end =
      word(0x0605_4B50) + word(0) + word(members.count, 2) + word(members.count, 2)
      + word(directory.count) + word(file.count) + word(0, 2)
    return try folder.write("made.pt", file + directory + end)
  }

  /// A pickle of a dictionary with one tensor: its shape, strides and place, all below 256.
  static func pickle(
    offset: Int = 0, shape: [UInt8] = [2], strides: [UInt8] = [1], storage: String = "FloatStorage",
    function: String = "_rebuild_tensor_v2", module: String = "torch._utils"
  ) -> [UInt8] {
    let value = tensor(
      offset: offset, shape: shape, strides: strides, storage: storage, function: function,
      module: module)
    return [0x80, 2, 0x7D] + text("w") + value + [0x73, 0x2E]
  }

  /// What puts a text on a pickle's stack.
  private static func text(_ string: String) -> [UInt8] {
    [0x8C, UInt8(string.utf8.count)] + Array(string.utf8)
  }

  /// What puts a tensor there.
  private static func tensor(
    offset: Int = 0, shape: [UInt8] = [2], strides: [UInt8] = [1], storage: String = "FloatStorage",
    function: String = "_rebuild_tensor_v2", module: String = "torch._utils"
  ) -> [UInt8] {
    func numbers(_ values: [UInt8]) -> [UInt8] {
      [0x28] + values.flatMap { [0x4B, $0] } + [0x74]
    }
    var bytes = Array("c\(module)\n\(function)\n".utf8)
    bytes += [0x28, 0x28] + text("storage") + Array("ctorch\n\(storage)\n".utf8)
    bytes += text("0") + text("cpu") + [0x4B, 2, 0x74, 0x51]
    bytes += [0x4B, UInt8(offset)] + numbers(shape) + numbers(strides)
    bytes += [0x89, 0x7D, 0x74, 0x52]
    return bytes
  }

  private func read(_ pickle: [UInt8], data: Int = 8) throws -> PyTorchReader {
    try PyTorchReader(
      try archive([("a/data.pkl", pickle), ("a/data/0", [UInt8](repeating: 1, count: data))]))
  }

  @Test("a loss that is a tensor beside the model hides it neither from a reader nor from a key")
  func lossBesideModel() throws {
    let model = [0x7D] + Self.text("w") + Self.tensor() + [0x73]
    let pickle =
      [0x80, 2, 0x7D, 0x28] + Self.text("best_val_loss") + Self.tensor(shape: [], strides: [])
      + Self.text("model") + model + Self.text("iter_num") + [0x4B, 3, 0x75, 0x2E]
    let reader = try read(pickle)
    #expect(reader.tensors.map(\.name) == ["w"])
    #expect(reader.otherKeys == ["best_val_loss", "iter_num"])
    #expect(try PyTorchReader(folder.file("made.pt"), key: "model").otherKeys == reader.otherKeys)
  }

  @Test("a tensor that is not understood is listed, and an error by its name to who reads it")
  func unreadTensors() throws {
    let pickle =
      [0x80, 2, 0x7D, 0x28] + Self.text("q") + Self.tensor(function: "_rebuild_qtensor")
      + Self.text("w") + Self.tensor() + [0x75, 0x2E]
    let reader = try read(pickle)
    #expect(reader.tensors.map(\.name) == ["q", "w"])
    #expect(try reader.bytes(of: reader.tensors[1]).count == 8)
    #expect(
      reader.unreadTensors.map(\.typeName) == ["a tensor made by torch._utils._rebuild_qtensor"])
    let error = #expect(throws: InterchangeError.self) {
      try reader.bytes(of: reader.tensors[0])
    }
    #expect(error?.field == "q")
  }

  @Test("a name that is not PyTorch's tensor is never followed, and stops only who needs it")
  func refused() throws {
    #expect(try read(Self.pickle()).tensors.map(\.shape) == [[2]])
    for (pickle, text) in [
      (Self.pickle(function: "_rebuild_qtensor"), "torch._utils._rebuild_qtensor"),
      (Self.pickle(storage: "QInt8Storage"), "torch.QInt8Storage"),
      (Self.pickle(function: "system", module: "os"), "without a dictionary of tensors"),
    ] {
      let error = #expect(throws: InterchangeError.self) { _ = try read(pickle) }
      #expect("\(try #require(error))".contains(text))
    }
  }

  @Test("tensors that reach past their storage are errors, and so are shapes out of nothing")
  func outside() throws {
    for pickle in [
      Self.pickle(offset: 1), Self.pickle(shape: [3]), Self.pickle(strides: [2]),
      Self.pickle(shape: [2, 2], strides: [1]), Self.pickle(offset: 255),
      Self.pickle(
        shape: [255, 255, 255, 255, 255], strides: [0, 0, 0, 0, 0]),
    ] {
      #expect(throws: InterchangeError.self) { _ = try read(pickle) }
    }
    let expanded = try read(Self.pickle(shape: [200, 2], strides: [0, 1]))
    #expect(try expanded.floats(named: "w").count == 400)
    #expect(throws: InterchangeError.self) { _ = try read(Self.pickle(), data: 7) }
  }

  @Test("no cut or changed byte of a file before PyTorch 1.6 traps")
  func legacyAttacks() throws {
    let original = try fixture("pytorch/legacy.pt")
    for count in stride(from: 0, to: original.count, by: 97) {
      let path = try folder.write("cut.pt", Array(original.prefix(count)))
      #expect(throws: InterchangeError.self) { _ = try PyTorchReader(path) }
    }
    var generator = SeededGenerator(10)
    for _ in 0..<400 {
      var changed = original
      changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      let path = try folder.write("changed.pt", changed)
      if let reader = try? PyTorchReader(path) {
        for tensor in reader.tensors { _ = try? reader.bytes(of: tensor) }
      }
    }
  }

  @Test("no cut or changed pickle traps")
  func attacks() throws {
    let original = Self.pickle(shape: [1, 2], strides: [2, 1])
    for count in 0..<original.count {
      #expect(throws: InterchangeError.self) { _ = try read(Array(original.prefix(count))) }
    }
    var generator = SeededGenerator(9)
    for offset in original.indices {
      for _ in 0..<12 {
        var changed = original
        changed[offset] = UInt8.random(in: 0...255, using: &generator)
        if let reader = try? read(changed) {
          for tensor in reader.tensors { _ = try? reader.bytes(of: tensor) }
        }
      }
    }
    // Deep, in a loop, and of many names.
    let deep =
      [0x80, 2] + [UInt8](repeating: 0x5D, count: 1) + [UInt8](repeating: 0x85, count: 500_000)
    #expect(throws: InterchangeError.self) { _ = try read(deep + [0x2E]) }
    let loop: [UInt8] = [0x80, 2, 0x7D, 0x71, 0, 0x4B, 1, 0x68, 0, 0x73, 0x2E]
    #expect(throws: InterchangeError.self) { _ = try read(loop) }
  }
}
