import Gobbet

/// What a page is about.
enum ReportKind: String, Sendable {
  case vocabularies
  case text = "a text"
  case dataset = "a dataset"
  case weights
  case run = "a model's run"

  /// How many files a page takes.
  fileprivate var limit: Int {
    switch self {
    case .vocabularies, .weights: 2
    case .text: 4
    case .dataset, .run: 1
    }
  }
}

/// A file that a page is about, opened once.
struct ReportInput {
  /// What the user gave.
  let path: String
  /// The file; nil for the name of a vocabulary.
  let file: OpenedFile?
  /// What a page shows of it by itself.
  private let kind: ReportKind

  /// The files, and what a page about them shows, with a text or without.
  ///
  /// - Throws: ``Failure`` for too many files or files of different kinds; `FileError`.
  static func all(
    _ paths: [String], withText: Bool
  ) throws -> (inputs: [ReportInput], kind: ReportKind) {
    let inputs = try paths.map { try ReportInput($0) }
    if inputs.count == 2, let first = inputs[0].file {
      inputs[1].file?.share(containersWith: first)
    }
    guard let first = inputs.first?.kind, inputs.allSatisfy({ $0.kind == first }) else {
      throw Failure(.usage, "the files are of different kinds; give those of one")
    }
    let kind: ReportKind =
      switch first {
      case .vocabularies where withText: .text
      case .weights where withText: .run
      default: first
      }
    guard inputs.count <= kind.limit else {
      throw Failure(
        .usage, "a page about \(kind.rawValue) takes at most \(kind.limit.grouped("file"))")
    }
    return (inputs, kind)
  }

  private init(_ path: String) throws {
    self.path = path
    if isFolder(path) {
      if isThere(manifestPath(path)) {
        (file, kind) = (try TokenDataset.file(at: path), .dataset)
      } else {
        (file, kind) = (try OpenedFile(ModelFile.weightsFile(at: path)), .weights)
      }
    } else if KnownVocabulary(named: path) != nil, !isThere(path) {
      (file, kind) = (nil, .vocabularies)
    } else {
      let file = try OpenedFile(path)
      self.file = file
      kind = try Self.kind(of: file)
    }
  }

  /// The file, opened now if it is a folder's.
  ///
  /// - Throws: `FileError`.
  func opened() throws -> OpenedFile { try file ?? OpenedFile(path) }

  /// - Throws: ``Failure``; the errors of reading it.
  func vocabulary() throws -> Vocabulary {
    try file.map { try loadVocabulary($0, path) } ?? loadVocabulary(path)
  }

  private static func kind(of file: OpenedFile) throws -> ReportKind {
    let path = file.path
    guard let format = try file.format() else {
      let reason = file.byteCount == 0 ? "is empty" : "isn't a file that a page can show"
      throw Failure(.badData, "\(path): \(reason)")
    }
    switch format {
    case .gobbet:
      let holdings = FileHoldings(try file.container())
      if holdings.tokens { return .dataset }
      if holdings.weights { return .weights }
      if holdings.vocabulary { return .vocabularies }
      throw Failure(.badData, "\(path): holds no vocabulary, tokens or weights to show")
    case .json where path.hasSuffix(DatasetManifest.fileName): return .dataset
    case .json where path.hasSuffix(".index.json"): return .weights
    case .json: return .vocabularies
    default: return format.holdsWeights ? .weights : .vocabularies
    }
  }
}
