/// Lines or text documents in a row, as they are in their inputs.
///
/// Reading is the part of the work that goes in order; a ``DocumentParser`` makes documents of a
/// batch on any thread.
public struct UnparsedBatch: Sendable {
  /// Units of one input: lines, JSON values, or the documents of a text file.
  struct Segment: Sendable {
    let path: String
    let layout: InputLayout
    /// Whether the input is one document.
    let isWholeInput: Bool
    /// The first of its units in `ends`.
    let firstUnit: Int
    /// The index of that unit in its input.
    let firstIndex: Int
    /// Where that unit starts in `arena`.
    let start: Int
    /// Where that unit starts in its input, decompressed.
    let firstOffset: Int
    /// Bytes between the end of a unit and the start of the next, where they are always as many.
    let separatorByteCount: Int
    /// Where each unit starts in `arena`, where they are not; empty elsewhere.
    var starts: [Int] = []
  }

  /// The bytes of all units with what separates them, and after them the padding that parsing needs.
  var arena: [UInt8] = []
  /// Where each unit ends in `arena`, its separator left out.
  var ends: [Int] = []
  /// Where the units come from; every unit belongs to the last segment that starts at or before it.
  var segments: [Segment] = []

  /// How many lines or documents there are.
  public var count: Int { ends.count }

  /// Whether every unit is an input of its own, so that nothing is between the units.
  var isWholeInputs: Bool { segments.allSatisfy { $0.isWholeInput && $0.layout == .text } }

  /// How many bytes they are in their inputs, decompressed, with what separates them.
  public var byteCount: Int { max(0, arena.count - DocumentParser.paddingByteCount) }

  /// Nothing yet.
  init() {}

  /// JSON lines that another has read from `path`, one right after the other in `bytes`; the first is
  /// line `firstIndex` of its input.
  ///
  /// - Precondition: the ends rise, up to the number of bytes.
  package init(jsonLines bytes: [UInt8], ends: [Int], path: String, firstIndex: Int) {
    precondition(ends.last ?? 0 == bytes.count, "UnparsedBatch: bytes of no line")
    arena = bytes
    arena.append(contentsOf: repeatElement(0, count: DocumentParser.paddingByteCount))
    self.ends = ends
    segments = [
      Segment(
        path: path, layout: .jsonLines, isWholeInput: false, firstUnit: 0, firstIndex: firstIndex,
        start: 0, firstOffset: 0, separatorByteCount: 0)
    ]
  }
}
