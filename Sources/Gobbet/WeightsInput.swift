public import GobbetBPE
public import GobbetData
internal import GobbetFile
public import GobbetInterchange

/// Weights in whichever format a file has them, with what tells more of them.
public struct WeightsInput: Sendable {
  /// The tensors, as the file has them.
  public let source: any TensorSource
  /// The name of the format.
  public let format: String
  /// What the file, or a `config.json` beside it, says of a GPT-2's sizes.
  public let configuration: GPT2Configuration
  /// The vocabulary in the file, or in a `tokenizer.json` beside it; nil if there is none.
  public let vocabulary: Vocabulary?

  /// Opens the file at `path`; nil if it is none that holds weights.
  ///
  /// A Gobbet file whose name says that it is one of several stands for all of them:
  /// `model-00001-of-00003.gobbet`.
  /// - Throws: the errors of the format; ``LoadingError`` for a file of PyTorch's, which holds a pickle.
  public init?(recognizing path: String) throws {
    switch try FileKind(recognizing: path) {
    case .gobbet:
      guard try FileHoldings(ContainerReader(path: path)).weights else { return nil }
      let readers = try (ShardName(path)?.paths ?? [path]).map { try WeightsReader(path: $0) }
      source = readers.count == 1 ? readers[0] : try WeightShards(readers)
      format = "gobbet"
      vocabulary = try readers[0].vocabulary()
      configuration = .init()
    case .safetensors:
      source = try SafetensorsReader(path)
      format = "safetensors"
      (configuration, vocabulary) = try Self.neighbours(of: path)
    case .safetensorsIndex:
      source = try SafetensorsIndex(path)
      format = "safetensors.index.json"
      (configuration, vocabulary) = try Self.neighbours(of: path)
    case .gguf:
      let reader = try GGUFReader(path)
      source = reader
      format = "gguf"
      configuration = reader.gpt2Configuration ?? .init()
      vocabulary = try reader.vocabulary()
    case .llmC:
      let checkpoint = try LLMCCheckpoint(path)
      source = checkpoint
      format = "llm.c"
      configuration = checkpoint.configuration
      vocabulary = try Self.neighbours(of: path).1
    case .numPy:
      source = try NumPyReader(path)
      format = "numpy"
      (configuration, vocabulary) = try Self.neighbours(of: path)
    case .pyTorch:
      throw LoadingError(
        path: path,
        reason: "a file of PyTorch's, which holds a program that is never run here; convert it by "
          + "python -c 'import sys, torch, safetensors.torch as s; "
          + "s.save_file({k: v.contiguous().clone() for k, v in torch.load(sys.argv[1], "
          + "map_location=\"cpu\", weights_only=True).items()}, sys.argv[2])' FILE.pt FILE.safetensors"
      )
    case .json, .tiktoken, .sentencePiece, .empty, .other: return nil
    }
  }

  /// What the files say that lie beside `path`.
  private static func neighbours(of path: String) throws -> (GPT2Configuration, Vocabulary?) {
    let configuration = siblingPath("config.json", of: path)
    let tokenizer = siblingPath("tokenizer.json", of: path)
    return (
      exists(configuration) ? try GPT2Configuration(contentsOf: configuration) : .init(),
      exists(tokenizer) ? try TokenizerJSON.vocabulary(contentsOf: tokenizer) : nil
    )
  }
}

/// The name of one of several files, as Hugging Face gives them: `model-00001-of-00003.gobbet`.
struct ShardName {
  private let stem: String
  private let count: Int
  private let ending: String

  /// Nil if the file at `path` is called otherwise.
  init?(_ path: String) {
    guard
      let match = path.wholeMatch(
        of: /(.*)-([0-9]{5})-of-([0-9]{5})(\.[^.\/]*)/.dotMatchesNewlines()),
      let count = Int(match.3), let number = Int(match.2), number > 0, number <= count
    else { return nil }
    stem = String(match.1)
    self.count = count
    ending = String(match.4)
  }

  /// The names of `count` files of which `path` would be the only one.
  init(_ path: String, count: Int) {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
    let dot = path.utf8.lastIndex(of: UInt8(ascii: "."))
    let end = dot.flatMap { $0 > (name ?? path.startIndex) ? $0 : nil } ?? path.endIndex
    stem = String(path[..<end])
    ending = String(path[end...])
    self.count = count
  }

  /// The paths of all of them, in order.
  var paths: [String] {
    func padded(_ number: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return (0..<count).map { "\(stem)-\(padded($0 + 1))-of-\(padded(count))\(ending)" }
  }
}
