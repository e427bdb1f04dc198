import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Every format into every format") struct ConversionMatrixTests {
  private static let weightFormats: [FileFormat] = [
    .gobbet, .safetensors, .safetensorsIndex, .gguf, .llmC, .npz,
  ]

  /// The small model in a format, with what its readers want beside it.
  private static func source(
    _ format: FileFormat, head: Bool
  ) throws -> (TemporaryFolder, String) {
    let small = try SmallWeights(head: head)
    if format == .safetensors { return (small.folder, small.path) }
    let folder = try TemporaryFolder()
    let path = folder.file(fileName(format))
    _ = try FileConversion().convert(small.path, to: path, format: format)
    return (folder, path)
  }

  private static func convert(
    _ input: String, _ format: FileFormat, _ conversion: FileConversion = .init()
  ) throws -> ([String: [UInt8]], [String]) {
    let folder = try TemporaryFolder()
    let result = try conversion.convert(
      input, to: folder.file(fileName(format)), format: format)
    return (try contents(folder), result.notes)
  }

  @Test(
    "a pair of formats gives the same bytes directly and by way of .gobbet, or refuses with a reason",
    arguments: weightFormats, FileFormat.writable)
  func everyPair(from: FileFormat, to: FileFormat) throws {
    for head in [false, true] where !(from == .llmC && head) {
      let (folder, path) = try Self.source(from, head: head)
      let between = folder.file("between.gobbet")
      _ = try FileConversion().convert(path, to: between, format: .gobbet)
      if [.sentencePiece, .wordPiece, .tekkenJSON].contains(to) {
        // A vocabulary of bytes isn't one of pieces, and its special tokens come last.
        #expect(throws: InterchangeError.self) { _ = try Self.convert(path, to) }
        continue
      }
      guard to != .npy, to != .llmC || !head else {
        let error = #expect(throws: (any Error).self) { _ = try Self.convert(path, to) }
        let same = #expect(throws: (any Error).self) { _ = try Self.convert(between, to) }
        for error in [error, same] {
          let text = error.map { "\($0)" } ?? ""
          #expect(text.contains(to == .npy ? "one tensor" : "a head that is not the embedding"))
        }
        continue
      }
      let (direct, notes) = try Self.convert(path, to)
      let (indirect, _) = try Self.convert(between, to)
      #expect(direct.keys.sorted() == indirect.keys.sorted())
      for (name, bytes) in direct {
        #expect(indirect[name] == bytes, "\(from) \(to) head \(head): \(name)")
      }
      if to.isForTests == .vocabulary { #expect(notes.contains { $0.contains("left out") }) }
    }
  }

  @Test("a model and its vocabulary come back from every format", arguments: weightFormats)
  func everyWayBack(format: FileFormat) throws {
    for head in [false, true] where !(format == .llmC && head) {
      let small = try SmallWeights(head: head)
      let (folder, path) = try Self.source(format, head: head)
      let (first, back) = (folder.file("first.gobbet"), folder.file("back.gobbet"))
      _ = try FileConversion().convert(small.path, to: first, format: .gobbet)
      _ = try FileConversion().convert(path, to: back, format: .gobbet)
      #expect(try FileComparison(first, back).weights == nil)
      #expect(try Vocabulary(contentsOf: back) == SmallWeights.vocabulary())
      let configuration = try WeightsReader(path: back).metadata(forKey: "gpt.configuration") ?? ""
      #expect(configuration.contains(#""n_head":2"#))
      #expect(configuration.contains(#""tie_word_embeddings":\#(!head)"#))
      let (one, other) = (
        try TextGeneration(path: small.path), try TextGeneration(path: path)
      )
      #expect(
        try one.continuation(of: "ab").ids == other.continuation(of: "ab").ids, "\(format) \(head)")
    }
  }

  @Test("a checkpoint of llm.c and GGUF get Hugging Face's layouts in safetensors and npz")
  func layouts() throws {
    let small = try SmallWeights()
    let expected = try SafetensorsReader(small.path)
    for (from, to) in [
      (FileFormat.llmC, FileFormat.safetensors), (.llmC, .npz), (.gguf, .safetensors),
      (.gguf, .npz),
    ] {
      let (folder, path) = try Self.source(from, head: false)
      let output = folder.file("out/" + fileName(to))
      try FileManager.default.createDirectory(
        atPath: folder.file("out"), withIntermediateDirectories: false)
      _ = try FileConversion().convert(path, to: output, format: to)
      let found = try #require(try WeightsInput(recognizing: output)).source
      #expect(found.tensors.count == expected.tensors.count)
      for tensor in expected.tensors {
        let name = String(tensor.name.dropFirst("transformer.".count))
        let same = try #require(found.tensor(named: name), "\(name)")
        #expect(same.shape == tensor.shape)
        #expect(try found.bytes(of: same) == expected.bytes(of: tensor), "\(from) \(to) \(name)")
      }
    }
  }

  /// Which formats have a use for an option when weights are converted, by hand.
  private static let uses: [ConversionOption: Set<FileFormat>] = [
    .vocabulary: [.gobbet, .safetensors, .safetensorsIndex, .gguf, .llmC, .npz],
    .pattern: [], .codec: [.gobbet], .shardSize: [.gobbet, .safetensors, .safetensorsIndex],
    .type: [.gobbet, .safetensors, .safetensorsIndex, .gguf, .llmC, .npz, .npy],
    .verify: [.gobbet, .safetensors, .safetensorsIndex, .gguf, .llmC, .npz, .npy],
    .resizeEmbeddings: [.gobbet, .safetensors, .safetensorsIndex, .gguf, .llmC, .npz],
  ]

  private static func conversion(
    _ option: ConversionOption, _ format: FileFormat
  ) throws -> FileConversion {
    var conversion = FileConversion()
    switch option {
    case .vocabulary:
      conversion.vocabulary = try SmallWeights.vocabulary(specials: ["<|endoftext|>", "<|pad|>"])
    // Readers of vocab.json split text as GPT-2 does, whatever is said.
    case .pattern: conversion.pattern = format == .vocabularyAndMerges ? .gpt2 : .cl100k
    case .codec: conversion.codec = .raw
    case .type: conversion.elementType = [.npy, .npz].contains(format) ? .float16 : .bfloat16
    case .resizeEmbeddings:
      conversion.resizing = EmbeddingResizing(rowCount: SmallWeights.rowCount + 2)
    case .shardSize: conversion.shardByteCount = 10_000
    case .verify: conversion.verifies = true
    case .skip: conversion.skipsUnreadTensors = true
    case .key: conversion.key = "model"
    case .openType: conversion.openType = .float8E4M3
    case .base: conversion.base = "earlier.gobbet"
    case .specialTokens: conversion.specialTokens = "o200k_harmony"
    case .special: conversion.specials = [SpecialToken("<x>", id: 9)]
    }
    return conversion
  }

  @Test(
    "an option changes what is written, or is refused: for weights",
    arguments:
      ConversionOption.allCases, FileFormat.writable)
  func options(option: ConversionOption, format: FileFormat) throws {
    // A base has to lie beside the output: `CheckpointConversionTests`.
    if option == .base, format == .gobbet { return }
    let small = try SmallWeights()
    let conversion = try Self.conversion(option, format)
    let folder = try TemporaryFolder()
    var input = small.path
    if format == .npy {
      input = try folder.write(
        "one.safetensors",
        SmallWeights.safetensors([("a", [2], [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])]))
    }
    if Self.uses[option]?.contains(format) == true {
      let (with, _) = try Self.convert(input, format, conversion)
      let (without, _) = try Self.convert(input, format)
      #expect((with == without) == (option == .verify), "\(option) \(format)")
    } else {
      let output = folder.file("x")
      let error = #expect(throws: ConversionOptionError.self) {
        _ = try conversion.convert(input, to: output, format: format)
      }
      #expect(error?.option == option)
      #expect(!(try folder.names().contains("x")))
    }
  }

  @Test(
    "an option changes what is written, or is refused: for vocabularies",
    arguments: ConversionOption.allCases,
    [FileFormat.gobbet, .tiktoken, .tokenizerJSON, .vocabularyAndMerges])
  func vocabularyOptions(option: ConversionOption, format: FileFormat) throws {
    let folder = try TemporaryFolder()
    let vocabulary = try SmallWeights.vocabulary(specials: [])
    try vocabulary.write(to: folder.file("v.gobbet"))
    try vocabulary.write(to: folder.file("v.tiktoken"), format: .tiktoken)
    let conversion = try Self.conversion(option, format)
    // Ranks do not say how text is split, a Gobbet file does.
    if option == .pattern {
      _ = try conversion.convert(
        folder.file("v.tiktoken"), to: folder.file(fileName(format)), format: format)
    }
    let error = #expect(throws: ConversionOptionError.self) {
      _ = try conversion.convert(folder.file("v.gobbet"), to: folder.file("x"), format: format)
    }
    #expect(error?.option == option)
    #expect(!(try folder.names().contains("x")))
  }

  @Test("a type that a format does not have is refused")
  func types() throws {
    let small = try SmallWeights()
    for (format, type) in [
      (FileFormat.npz, ElementType.bfloat16), (.llmC, .float16),
    ] {
      var conversion = FileConversion()
      conversion.elementType = type
      let output = small.folder.file("x")
      #expect(throws: ConversionOptionError.self) {
        _ = try conversion.convert(small.path, to: output, format: format)
      }
    }
    for format in FileFormat.writable where format != .gguf && format != .gobbet {
      var conversion = FileConversion()
      conversion.ggufType = .q8_0
      let output = small.folder.file("x")
      #expect(throws: ConversionOptionError.self) {
        _ = try conversion.convert(small.path, to: output, format: format)
      }
    }
    #expect(!(try small.folder.names().contains("x")))
  }

  @Test("a checkpoint of llm.c has the type that was asked for")
  func checkpointTypes() throws {
    let small = try SmallWeights()
    for (type, expected) in [
      (ElementType.bfloat16, ElementType.bfloat16), (.float32, .float32), (nil, .float32),
    ] {
      var conversion = FileConversion()
      conversion.elementType = type
      let path = small.folder.file("m.bin")
      _ = try conversion.convert(small.path, to: path, format: .llmC, replacing: true)
      #expect(try LLMCCheckpoint(path).tensors[0].elementType == expected)
    }
  }
}

extension FileFormat {
  /// What a file of the format is made for.
  fileprivate var isForTests: Content {
    switch self {
    case .tiktoken, .tokenizerJSON, .vocabularyAndMerges, .tekkenJSON, .wordPiece: .vocabulary
    default: .weights
    }
  }
}
