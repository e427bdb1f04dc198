internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// The section of a dataset that says which tokens count in a loss.
package struct LossMasks: Sendable {
  /// The rule of the file; nil if all tokens count where a document says nothing else.
  package let rule: LossRule?
  private let content: [UInt8]
  /// Where the masks of every 16th document begin in `content`.
  private let offsets: [Int]

  private static let step = 16

  /// Reads the section of a file; nil if it has none.
  ///
  /// - Throws: `FormatError` if it is damaged; `FileError`.
  init?(_ container: ContainerReader, _ documents: ShardDocuments, idBound: Int) throws {
    guard let section = container.section(.lossMasks) else { return nil }
    let documents = try documents.index()
    guard documents.count <= section.byteCount else {
      throw FormatError(
        code: .damaged(
          "\(section.byteCount.counted("byte")) for \(documents.count.counted("document"))"),
        offset: section.offset, field: "masks.runs", file: container.path)
    }
    self = try container.parsed(
      section, building: section.byteCount + documents.count / Self.step * 8
    ) { content throws(FormatError) in
      try LossMasks(content, documents, idBound: idBound)
    }
  }

  private init(
    _ content: Span<UInt8>, _ documents: DocumentIndex, idBound: Int
  ) throws(FormatError) {
    var reader = ByteReader(content)
    rule = try Self.rule(&reader, idBound: idBound)
    var offsets: [Int] = []
    for document in 0..<documents.count {
      if document.isMultiple(of: Self.step) { offsets.append(reader.offset) }
      let start = reader.offset
      let count = try reader.readVariable("masks.runs")
      let length = documents[document].count
      // Each run but the first has a token.
      guard count == 0 || count <= length + 1 && length > 0 else {
        throw FormatError(
          code: .damaged("\(count.counted("run")) of \(length.counted("token"))"), offset: start,
          field: "masks.runs")
      }
      var left = length
      for run in 0..<max(0, count - 1) {
        let start = reader.offset
        let runLength = try reader.readVariable("masks.runs")
        guard runLength < left, runLength > 0 || run == 0 else {
          throw FormatError(
            code: .damaged("a run of \(runLength) of \(left.counted("token"))"), offset: start,
            field: "masks.runs")
        }
        left -= runLength
      }
    }
    try reader.finish("masks.runs")
    self.offsets = offsets
    var copy: [UInt8] = []
    copy.reserveCapacity(content.count)
    for index in content.indices { copy.append(content[index]) }
    self.content = copy
  }

  private static func rule(
    _ reader: inout ByteReader, idBound: Int
  ) throws(FormatError) -> LossRule? {
    func fault(_ text: String, _ offset: Int) -> FormatError {
      FormatError(code: .damaged(text), offset: offset, field: "masks.rule")
    }
    func id(_ number: Int, _ offset: Int) throws(FormatError) -> TokenID {
      guard number < idBound else { throw fault("id \(number) is not below \(idBound)", offset) }
      return TokenID(number)
    }
    let start = reader.offset
    let openingCount = try reader.readVariable("masks.rule")
    guard openingCount <= LossRule.maximumCount else {
      throw fault("\(openingCount.counted("opening"))", start)
    }
    var openings: [[TokenID]] = []
    for _ in 0..<openingCount {
      let start = reader.offset
      let length = try reader.readVariable("masks.rule")
      guard (1...LossRule.maximumOpeningLength).contains(length) else {
        throw fault("an opening of \(length.counted("id"))", start)
      }
      var opening: [TokenID] = []
      for _ in 0..<length {
        let offset = reader.offset
        opening.append(try id(try reader.readVariable("masks.rule"), offset))
      }
      openings.append(opening)
    }
    let offset = reader.offset
    let closingCount = try reader.readVariable("masks.rule")
    guard closingCount <= LossRule.maximumCount, closingCount == 0 || openingCount > 0 else {
      throw fault(
        "\(closingCount.counted("closing")) of \(openingCount.counted("opening"))", offset)
    }
    var closings: [LossRule.Closing] = []
    for _ in 0..<closingCount {
      let offset = reader.offset
      let number = try reader.readVariable("masks.rule")
      let closing = LossRule.Closing(try id(number >> 1, offset), isCounted: number & 1 == 1)
      guard closings.last?.id ?? 0 < closing.id || closings.isEmpty else {
        throw fault("closings that do not rise", offset)
      }
      closings.append(closing)
    }
    return LossRule(openings: openings, closings: closings)
  }

  /// The numbers of a document's mask, and of those after it.
  ///
  /// - Precondition: there is such a document.
  /// - Complexity: O(1) but for the runs of at most 15 documents.
  func numbers(fromDocument document: Int) -> Numbers {
    var numbers = Numbers(content: content, offset: offsets[document / Self.step])
    for _ in 0..<(document % Self.step) {
      for _ in 0..<max(0, numbers.next() - 1) { _ = numbers.next() }
    }
    return numbers
  }

  /// Reads the numbers of masks, which were checked when the file was opened: for each document that
  /// of its runs, then the lengths of all but the last.
  struct Numbers {
    fileprivate let content: [UInt8]
    fileprivate var offset: Int

    /// The next number.
    mutating func next() -> Int {
      var value = 0
      var shift = 0
      while true {
        let group = Int(content[offset])
        offset += 1
        value |= (group & 0x7F) << shift
        if group < 0x80 { return value }
        shift += 7
      }
    }
  }
}
