public import GobbetData

/// The tensors of a GGUF file, version 1 to 3, in either byte order; of a split model all of its files.
///
/// Tensors in blocks are read in their blocks, which `TensorSource.floats(of:)` widens. Offsets,
/// counts, lengths and shapes are checked when the file is opened, before anything is allocated for
/// them. A type that is not known here stands in the way of nothing but reading the tensors that have
/// it.
/// - Source: ggml's `docs/gguf.md`.
public struct GGUFReader: TensorPartSource {
  /// Every tensor, in the file's order; shapes with the outermost axis first.
  public let tensors: [TensorDescription]
  /// One file of the model.
  struct Part: Sendable {
    let file: OpenedFile
    let entries: [GGUFHeader.Entry]
    let isBigEndian: Bool
  }
  /// The files, in order.
  let parts: [Part]
  private let header: GGUFMetadata
  private let places: [[UInt8]: (part: Int, entry: Int)]

  /// Opens the file at `path` and reads what is in front of the tensors' data.
  ///
  /// A part of a split model, `name-00002-of-00003.gguf`, stands for all of its parts, unless it is
  /// wanted `alone`.
  /// - Throws: `FileError`; `InterchangeError` with field and offset; `LoadingError` for a part whose
  ///   others are not found.
  public init(_ path: String, alone: Bool = false) throws {
    try self.init(OpenedFile(path), alone: alone)
  }

  /// Reads what is in front of the tensors' data.
  ///
  /// - Throws: as ``init(_:alone:)``.
  package init(_ file: OpenedFile, alone: Bool = false) throws {
    let first = try GGUFHeader(file)
    let opened = try GGUFParts(file, first, alone: alone)
    header = opened.metadata
    parts = opened.parts
    tensors = parts.flatMap { $0.entries.map(\.tensor) }
    var places: [[UInt8]: (part: Int, entry: Int)] = [:]
    for (number, part) in parts.enumerated() {
      for (index, entry) in part.entries.enumerated() {
        let name = Array(entry.tensor.name.utf8)
        guard places.updateValue((number, index), forKey: name) == nil else {
          throw InterchangeError(
            .damaged("in another part, too"), path: part.file.path, field: entry.tensor.name)
        }
      }
    }
    self.places = places
  }

  /// The path of the file, of a split model that of its first part.
  var path: String { parts[0].file.path }

  /// Which of the files of a split model this one is, from 1, if it was opened alone.
  package var partOfModel: (number: Int, count: Int)? {
    guard let count = self["split.count"]?.size, count > 1 else { return nil }
    return (1 + (self["split.no"]?.size ?? 0), count)
  }

  /// How each of the tensors is stored.
  public var types: [GGUFType] { parts.flatMap { $0.entries.map(\.type) } }

  /// Bytes that each of the tensors takes in its file, without padding; of a type that is not known
  /// those up to the next tensor.
  public var storedByteCounts: [Int] { parts.flatMap { $0.entries.map(\.byteCount) } }

  /// The tensors whose elements cannot be read, with their types' names: other programs may know them.
  public var unreadTensors: [(tensor: TensorDescription, typeName: String)] {
    parts.flatMap { part in
      part.entries.filter { !part.reads($0) }.map { ($0.tensor, $0.type.name) }
    }
  }

  /// The keys and values in front of the tensors, in the file's order; of a split model those of its
  /// first part, without the three that number parts.
  public var values: [(key: String, value: GGUFValue)] { header.values }

  /// The keys in front of the tensors, in the file's order.
  public var keys: [String] { header.keys }

  /// The value of a key; nil if there is none.
  public subscript(key: String) -> GGUFValue? { header[key] }

  /// The values as text, and their types under `gguf.types`; the tokens and merges that
  /// ``vocabulary()`` reads are left out.
  public var metadata: [(String, String)] {
    let isRead = hasKnownTokenizer
    let read = GGUFVocabulary.keys(ofModel: self["tokenizer.ggml.model"]?.string)
    let kept = header.keys.filter { !(isRead && read.contains(Array($0.utf8))) }
    return GGUFTypedText.pairs(kept.compactMap { key in header[key].map { (key, $0) } })
  }

  /// The part and the entry of a tensor.
  ///
  /// - Throws: `TensorError` if there is none, or it is another.
  func find(_ tensor: TensorDescription) throws(TensorError) -> (Part, GGUFHeader.Entry) {
    guard let place = places[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    let part = parts[place.part]
    let entry = part.entries[place.entry]
    guard entry.tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return (part, entry)
  }
}

extension GGUFReader.Part {
  /// Whether a tensor's elements can be read.
  func reads(_ entry: GGUFHeader.Entry) -> Bool {
    guard let layout = entry.type.layout, layout.elementType != nil else { return false }
    return !isBigEndian || layout.elementCount == 1 || layout.wordOffsets != nil
  }
}
