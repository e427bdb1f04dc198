internal import CGobbet
internal import Gobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetGPT
internal import GobbetInterchange
internal import Synchronization

/// An open model, and what turns text into its tokens once somebody asked for that.
final class ModelHandle: Sendable {
  let model: GPT
  private let file: ModelFile
  private let given: Vocabulary?
  private let text = Mutex<TextGeneration?>(nil)

  /// Reads a model.
  ///
  /// - Throws: the errors of the files; ``CallError`` for an unknown element.
  init(path: String, _ given: Vocabulary?, element: String, threadCount: Int) throws {
    guard let precision = Self.precisions.first(where: { $0.name == element })?.precision else {
      throw CallError.unknown("element", element, known: Self.precisions.map(\.name))
    }
    self.given = given
    file = try ModelFile(path)
    if let given { try file.check(given) }
    model = try file.model(precision: precision, threadCount: threadCount)
  }

  private static let precisions: [(name: String, precision: Precision)] = [
    ("stored", .stored), ("f32", .float32), ("bf16", .bfloat16), ("int8", .int8),
  ]

  /// The model with its vocabulary, which is read at the first call.
  ///
  /// - Throws: ``CallError`` (not found) without one; the errors of its format.
  func generation() throws -> TextGeneration {
    try text.withLock { text in
      if let text { return text }
      guard let vocabulary = try given ?? file.vocabulary else {
        throw CallError.notFound("the model has no vocabulary in its file or beside it; give one")
      }
      let new = try TextGeneration(model, of: file, vocabulary)
      text = new
      return new
    }
  }

  /// The tokens of a text as the model takes it.
  func tokens(of bytes: Span<UInt8>, _ specials: SpecialTokenPolicy) throws -> [TokenID] {
    let generation = try generation()
    var encoder = generation.tokenizer.makeEncoder()
    let isDecoder = model.architecture.hasHead
    var ids = isDecoder ? generation.beginning : []
    try encoder.encode(
      bytes, specials: specials, adding: isDecoder ? .none : .template, into: &ids)
    return ids
  }

  /// Settings with the tokens that end a text, where there is a vocabulary also those that have no text.
  func settings(_ options: TextGeneration.Options, ignoringEnds: Bool) throws -> (
    GenerationSettings, Vocabulary?
  ) {
    var settings = options.settings
    var vocabulary: Vocabulary?
    do {
      let generation = try generation()
      vocabulary = generation.tokenizer.vocabulary
      settings = generation.settings(options)
    } catch let error as CallError where error.status == gobbet_status(GOBBET_NOT_FOUND) {
      settings.stopTokens.formUnion(try file.textEnds.ends)
    }
    if ignoringEnds { settings.stopTokens = options.settings.stopTokens }
    return (settings, vocabulary)
  }
}

/// Room of a caller for the rows of a result, which come one piece after the other.
struct ResultRoom {
  // SAFETY: the caller's, until the call returns.
  private let room: UnsafeMutableBufferPointer<Float>
  private var count = 0

  /// Room for a result of that many floats.
  ///
  /// - Throws: ``CallError`` if it is too small.
  init(
    _ start: UnsafeMutablePointer<Float>?, _ capacity: Int, _ name: String, shape: [Int]
  ) throws(CallError) {
    room = try GobbetC.room(start, capacity, name)
    var needed = 1
    for length in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .invalid("\(name): more than memory can hold") }
      needed = product
    }
    guard needed <= capacity else { throw .tooSmall(capacity, needed: needed) }
  }

  /// Copies what comes next.
  ///
  /// - Precondition: no more comes than was announced.
  mutating func append(_ elements: [Float]) {
    precondition(elements.count <= room.count - count, "ResultRoom: more than was announced")
    elements.withUnsafeBufferPointer { source in
      if let first = source.baseAddress, let target = room.baseAddress {
        (target + count).update(from: first, count: source.count)
      }
    }
    count += elements.count
  }
}
