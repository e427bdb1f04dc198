import Foundation
import TestSupport
import Testing

@Suite("Weights on the command line") struct WeightVerbTests {
  private let folder: TemporaryFolder
  private static let model = fixturesFolder + "/tinymodel/model.safetensors"

  init() throws { folder = try TemporaryFolder() }

  private func convert(_ input: String, _ output: String, _ options: String...) throws -> String {
    let path = folder.file(output)
    let result = try run(productPath("gobbet"), ["convert", input, "-o", path] + options)
    #expect(result.status == 0, "\(output): \(result.errorText)")
    return path
  }

  private func object(_ result: CommandResult) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
  }

  @Test("the small model comes back from every format, and each is verified as it is written")
  func everyFormat() throws {
    let packed = try convert(Self.model, "m.gobbet", "--verify")
    for name in [
      "m.safetensors", "s/m.safetensors.index.json", "m.npz", "m.gguf", "raw.gobbet", "m.bin",
    ] {
      try FileManager.default.createDirectory(
        atPath: folder.file("s"), withIntermediateDirectories: true)
      let options =
        switch name {
        case "m.bin": ["--to", "llm.c"]
        case "raw.gobbet": ["--codec", "raw", "--verify"]
        case "s/m.safetensors.index.json": ["--shard-size", "1M", "--verify"]
        default: ["--verify"]
        }
      let foreign = folder.file(name)
      let there = try run(productPath("gobbet"), ["convert", packed, "-o", foreign] + options)
      #expect(there.status == 0, "\(name): \(there.errorText)")
      // Formats without a place for the number of heads find it in the configuration beside them.
      let configuration = (foreign as NSString).deletingLastPathComponent + "/config.json"
      try writeFile(configuration, try readFile(fixturesFolder + "/tinymodel/config.json"))
      let back = folder.file("back.gobbet")
      let again = try gobbet("convert", foreign, "-o", back, "--force")
      #expect(again.status == 0, "\(name): \(again.errorText)")
      let report = try object(try gobbet("diff", packed, back, "--json"))
      #expect(!report.keys.contains("weights"), "\(name): \(report)")
      let inspection = try object(try gobbet("inspect", foreign, "--json"))
      let weights = try #require(inspection["weights"] as? [String: Any], "\(name)")
      #expect(weights["tensors"] as? Int == 52, "\(name)")
    }
  }

  @Test("a model in several Gobbet files is one model")
  func shards() throws {
    let whole = try convert(Self.model, "m.gobbet")
    let result = try gobbet(
      "convert", Self.model, "-o", folder.file("p.gobbet"), "--shard-size", "1M", "--verify")
    #expect(result.status == 0, "\(result.errorText)")
    let names = try folder.names().filter { $0.hasPrefix("p-") }.sorted()
    #expect(names.count > 2 && names.first == "p-00001-of-0000\(names.count).gobbet")
    let again = try convert(folder.file(names[1]), "again.gobbet")
    #expect(try gobbet("diff", whole, again).status == 0)
    try FileManager.default.removeItem(atPath: folder.file(names[0]))
    let missing = try gobbet("convert", folder.file(names[1]), "-o", folder.file("x.gobbet"))
    #expect(missing.status == 66)
    #expect(missing.errorText.contains(names[0]))
  }

  @Test("a file that is called like one of no shards, or of fewer, is a file by itself")
  func shardsThatCannotBe() throws {
    let whole = try convert(Self.model, "m.gobbet")
    for name in ["m-00000-of-00000.gobbet", "m-00002-of-00001.gobbet", "m-0001-of-00002.gobbet"] {
      try FileManager.default.copyItem(atPath: whole, toPath: folder.file(name))
      let again = try convert(folder.file(name), "again-\(name)")
      #expect(try gobbet("diff", whole, again).status == 0)
    }
  }

  @Test(
    "elements become another type, and a bundle of them runs by itself", arguments: ["bf16", "f16"])
  func types(type: String) throws {
    let path = try convert(Self.model, "\(type).gobbet", "--type", type, "--verify")
    let report = try object(try gobbet("inspect", path, "--json", "--tensors"))
    let weights = try #require(report["weights"] as? [String: Any])
    let list = try #require(weights["list"] as? [[String: Any]])
    #expect(list.allSatisfy { $0["type"] as? String == type })
    for tensor in list {
      let ratio = try #require(tensor["ratio"] as? Double)
      #expect(ratio > 0 && ratio <= 1)
    }
    #expect(report["vocabulary"] is [String: Any])
    let result = try gobbet("generate", path, "--prompt", "the", "-n", "8")
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.output.count > 4)
    #expect(
      try gobbet("convert", Self.model, "-o", folder.file("x.npz"), "--type", "q8_0").status == 2)
    // Blocks have a place in .gobbet since 1.1.
    let blocks = try convert(Self.model, "q.gobbet", "--type", "q8_0")
    let text = try gobbet("inspect", blocks, "--tensors").text
    #expect(text.contains(" q8_0 ["))
  }

  @Test("a number that a narrower type cannot hold is refused by name, wherever it would go")
  func overflow() throws {
    func weights(_ name: String, _ values: [Double], as type: String) throws -> String {
      let bytes = values.flatMap { value in
        type == "F64"
          ? Self.littleEndian(value.bitPattern, 8) : Self.littleEndian(Float(value).bitPattern, 4)
      }
      let header =
        #"{"w":{"dtype":"\#(type)","shape":[\#(values.count)],"data_offsets":[0,\#(bytes.count)]}}"#
      let text = Array(header.utf8)
      return try folder.write(name, Self.littleEndian(text.count, 8) + text + bytes)
    }
    let ones = [Double](repeating: 1, count: 200_000)
    let single = try weights("single.safetensors", ones + [70_000, .infinity], as: "F32")
    let double = try weights("double.safetensors", ones + [-1e300], as: "F64")
    for (input, output, type, value) in [
      (single, "a.gobbet", "f16", "70000.0"), (single, "a.safetensors", "f16", "70000.0"),
      (single, "a.npz", "f16", "70000.0"), (double, "b.gobbet", "f32", "-1e+300"),
      (double, "b.safetensors", "bf16", "-1e+300"),
    ] {
      let path = folder.file(output)
      let result = try gobbet("convert", input, "-o", path, "--type", type)
      #expect(result.status == 65, "\(output) \(type): \(result.errorText)")
      let told = "tensor w: element 200000 is \(value), which \(type) cannot hold"
      #expect(result.errorText.contains(told), "\(output): \(result.errorText)")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    // What has a type wide enough is written, infinities too.
    _ = try convert(single, "c.gobbet", "--type", "bf16")
    _ = try convert(double, "d.gobbet")
  }

  private static func littleEndian(_ number: some BinaryInteger, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  @Test("an option that means nothing for the output's format is wrong usage, for both verbs")
  func options() throws {
    let vocabulary = Self.model.dropLast("model.safetensors".count) + "tokenizer.json"
    let options: [(String, [String], Set<String>)] = [
      ("--codec", ["raw"], ["gobbet"]), ("--shard-size", ["9M"], ["gobbet", "safetensors"]),
      ("-v", [String(vocabulary)], ["gobbet", "safetensors", "gguf", "npz", "bin"]),
      ("--pattern", ["gpt2"], []), ("--type", ["q8_0"], ["gobbet", "gguf"]),
      ("--type", ["bf16"], ["gobbet", "safetensors", "gguf", "bin"]),
      ("--type", ["f16"], ["gobbet", "safetensors", "gguf", "npz"]),
    ]
    for (option, value, formats) in options {
      for ending in ["gobbet", "safetensors", "gguf", "npz", "bin", "tiktoken", "json"]
      where !formats.contains(ending) {
        let output = folder.file("x.\(ending)")
        let target = ending == "bin" ? ["--to", "llm.c"] : []
        let result = try run(
          productPath("gobbet"),
          ["convert", Self.model, "-o", output, option] + value + target)
        #expect(result.status == 2, "\(option) \(ending): \(result.errorText)")
        #expect(result.errorText.contains(option == "-v" ? "--vocabulary" : option))
        if ["gguf", "npz"].contains(ending), option != "--pattern" {
          let merged = try run(
            productPath("gobbet"),
            ["merge-lora", Self.model, Self.model, "-o", output, option] + value)
          #expect(merged.status == 2, "\(option) \(ending): \(merged.errorText)")
        }
      }
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("what an output has no place for is named on standard error, and a pointer by what it is")
  func notes() throws {
    let gguf = try convert(Self.model, "m.gguf")
    let result = try gobbet("convert", gguf, "-o", folder.file("m.npz"), "-q")
    #expect(result.status == 0)
    #expect(result.errorText.contains("Hugging Face's names"))
    #expect(try folder.names() == ["config.json", "m.gguf", "m.npz", "tokenizer.json"])
    let pointer = try folder.write(
      "p.safetensors", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8))
    for verb in [
      ["convert", pointer, "-o", folder.file("x.gobbet")],
      ["merge-lora", pointer, folder.path, "-o", folder.file("x.gobbet")],
      ["generate", pointer, "--prompt", "a"],
    ] {
      let refused = try run(productPath("gobbet"), verb)
      #expect(refused.status == 65)
      #expect(refused.errorText.contains("a Git LFS pointer, not"), "\(refused.errorText)")
    }
  }

  @Test("a foreign vocabulary in GGUF is named by inspect, which lists the tensors all the same")
  func foreignVocabulary() throws {
    func text(_ string: String) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: string.utf8.count >> (8 * $0)) } + Array(string.utf8)
    }
    var file = Array("GGUF".utf8) + [3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    file += text("tokenizer.ggml.model") + [8, 0, 0, 0] + text("t5")
    file += text("a") + [1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    file += [UInt8](repeating: 0, count: 8)
    file += [UInt8](repeating: 0, count: 32 - file.count % 32) + [UInt8](repeating: 0, count: 32)
    let path = try folder.write("m.gguf", file)
    let result = try gobbet("inspect", path, "--json")
    #expect(result.status == 0, "\(result.errorText)")
    let report = try object(result)
    #expect((report["vocabulary_problem"] as? String)?.contains("the tokenizer t5") == true)
    #expect((report["weights"] as? [String: Any])?["tensors"] as? Int == 1)
    #expect(report["vocabulary"] == nil)
    #expect(try gobbet("diff", path, path).status == 0)
  }

  @Test("weights of different formats are compared tensor by tensor")
  func comparing() throws {
    let npz = try convert(Self.model, "m.npz")
    #expect(try gobbet("diff", Self.model, npz).status == 0)
    let half = try convert(Self.model, "m.safetensors", "--type", "f16")
    let result = try gobbet("diff", Self.model, half)
    #expect(result.status == 1)
    #expect(result.text.contains("f32 [1024, 128], f16 [1024, 128]"))
    let rounded = try convert(half, "r.safetensors", "--type", "f32")
    let report = try object(try gobbet("diff", Self.model, rounded, "--json"))
    let weights = try #require(report["weights"] as? [String: Any])
    for tensor in try #require(weights["different"] as? [[String: Any]]) {
      #expect(try #require(tensor["largest_difference"] as? Double) < 0.01)
    }
    let vocabulary = fixturesFolder + "/tinymodel/tokenizer.json"
    #expect(try gobbet("diff", Self.model, vocabulary).status == 65)
  }

  @Test("a checkpoint of PyTorch's is converted, and what is beside its tensors is named")
  func pyTorch() throws {
    let checkpoint = fixturesFolder + "/pytorch/training.pt"
    let (first, second) = (folder.file("a.safetensors"), folder.file("b.safetensors"))
    let result = try gobbet("convert", checkpoint, "-o", first)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.errorText.contains("optimizer, iter_num"))
    let packed = folder.file("a.gobbet")
    #expect(try gobbet("convert", checkpoint, "-o", packed).status == 0)
    #expect(try gobbet("convert", packed, "-o", second).status == 0)
    #expect(try readFile(first) == readFile(second))
    #expect(try gobbet("inspect", checkpoint).text.contains("6 tensors"))
  }

  @Test("a name of a format that isn't written says so, with what is")
  func unwrittenFormats() throws {
    for (name, part) in [
      ("m.pt", "PyTorch reads safetensors"), ("m.bin", "--to llm.c"), ("m.h5", "npz"),
      ("m.unknown", "add --to"),
    ] {
      let result = try gobbet("convert", Self.model, "-o", folder.file(name))
      #expect(result.status == 2)
      #expect(result.errorText.contains(part), "\(result.errorText)")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("a pickle that isn't a checkpoint is refused, and leaves no file")
  func pickles() throws {
    var zip: [UInt8] = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [14, 0, 0, 0]
    zip += Array("model/data.pkl".utf8) + [0x80, 2]
    for bytes in [zip, [0x80, 2, 0x8A], [0x80, 2, 0x7D, 0x2E]] {
      let path = try folder.write("m.pt", bytes)
      let result = try gobbet("convert", path, "-o", folder.file("x.gobbet"))
      #expect(result.status == 65)
      #expect(result.errorText.contains("m.pt"))
    }
    #expect(try folder.names() == ["m.pt"])
  }

  @Test("a low-rank adapter is merged from a folder of PEFT's, and a bad one leaves no file")
  func mergeLoRA() throws {
    let adapter = folder.file("adapter")
    try FileManager.default.createDirectory(atPath: adapter, withIntermediateDirectories: false)
    let prefix = "base_model.model.transformer.h.0.attn.c_proj"
    let header = """
      {"\(prefix).lora_A.weight":{"dtype":"F32","shape":[1,128],"data_offsets":[0,512]},\
      "\(prefix).lora_B.weight":{"dtype":"F32","shape":[128,1],"data_offsets":[512,1024]}}
      """
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let one: [UInt8] = [0, 0, 0x80, 0x3F]
    // A is 1 at input 3, B is 1 at output 5.
    var data = [UInt8](repeating: 0, count: 1024)
    data.replaceSubrange(12..<16, with: one)
    data.replaceSubrange((512 + 20)..<(512 + 24), with: one)
    try writeFile(adapter + "/adapter_model.safetensors", length + Array(header.utf8) + data)
    try writeFile(
      adapter + "/adapter_config.json",
      Array(#"{"peft_type":"LORA","r":1,"lora_alpha":16,"fan_in_fan_out":true}"#.utf8))
    let merged = folder.file("merged.gobbet")
    let result = try gobbet("merge-lora", Self.model, adapter, "-o", merged, "--verify")
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.contains("1 layer changed"))
    let packed = try convert(Self.model, "packed.gobbet")
    let report = try object(try gobbet("diff", packed, merged, "--json"))
    let weights = try #require(report["weights"] as? [String: Any])
    let different = try #require(weights["different"] as? [[String: Any]])
    #expect(different.map { $0["element_count"] as? Int } == [1])
    #expect((different[0]["name"] as? String)?.hasSuffix("h.0.attn.c_proj.weight") == true)
    #expect(abs(try #require(different[0]["largest_difference"] as? Double) - 16) < 1e-5)
    #expect(try gobbet("generate", merged, "--prompt", "the", "-n", "3").status == 0)

    try writeFile(
      adapter + "/adapter_config.json", Array(#"{"peft_type":"LORA","use_qalora":true}"#.utf8))
    let refused = try gobbet("merge-lora", Self.model, adapter, "-o", folder.file("no.gobbet"))
    #expect(refused.status == 65)
    #expect(refused.errorText.contains("use_qalora"))
    #expect(!(try folder.names().contains("no.gobbet")))
  }
}
