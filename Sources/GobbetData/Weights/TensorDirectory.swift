internal import GobbetFile
internal import GobbetSystem

/// The tensors that a file holds after all its generations, and where their data is.
///
/// Each generation has a table, blocks and data of its own, in sections that are called by its number;
/// those of the first have no name. A tensor of a later one takes the place of one of the same name.
struct TensorDirectory: Sendable {
  /// The sections of one generation.
  struct Group: Sendable {
    /// The data.
    let payload: ContainerSection
    /// Its blocks.
    let blocks: BlockTable
    /// The bytes of the data in front of tensors that no tensor has.
    let gaps: [Range<Int>]
  }

  /// Where a tensor is.
  struct Place: Sendable {
    /// Its entry in the table of its group.
    let entry: TensorTable.Entry
    /// The number of its group.
    let group: Int
  }

  /// What the generations brought, in their order.
  private(set) var groups: [Group] = []
  /// The tensors, in the order in which their names first came.
  private(set) var places: [Place] = []
  /// Those of which a later generation has another.
  private(set) var replaced: [Place] = []
  /// They without their places.
  private(set) var tensors: [TensorDescription] = []
  private var indices: [[UInt8]: Int] = [:]

  /// The name of a group's sections.
  static func name(ofGroup number: Int) -> String { number == 0 ? "" : "\(number)" }

  /// Reads the tables of `container`.
  ///
  /// - Throws: `FormatError` if one is damaged, or there is none; `FileError`.
  init(_ container: ContainerReader) throws {
    repeat {
      try append(container, Self.name(ofGroup: groups.count))
    } while container.section(.tensorTable, named: Self.name(ofGroup: groups.count)) != nil
    for kind in [SectionKind.tensorTable, .tensorBlocks, .tensorData] {
      let sections = container.sections.filter { $0.kind == kind }
      guard sections.count == groups.count else {
        throw FormatError(
          code: .damaged("\(sections.count.counted("section")) \(kind), not \(groups.count)"),
          offset: sections.last?.offset ?? 0, field: "tensors", file: container.path)
      }
    }
  }

  private mutating func append(_ container: ContainerReader, _ name: String) throws {
    let payload = try container.requiredSection(.tensorData, named: name)
    guard payload.codec == .raw else {
      throw FormatError(
        code: .damaged("the data is compressed as a whole"), offset: payload.offset,
        field: "tensors.data", file: container.path)
    }
    let section = try container.requiredSection(.tensorTable, named: name)
    // An entry takes 17 bytes at least, and some 500 in the table and the directory.
    let table = try container.parsed(section, building: section.byteCount / 17, of: 500) {
      content throws(FormatError) in
      try TensorTable(content)
    }
    let blockSection = try container.requiredSection(.tensorBlocks, named: name)
    let blocks = try container.parsed(
      blockSection, building: blockSection.byteCount / BlockTable.entryByteCount, of: 40
    ) { content throws(FormatError) in
      let blocks = try BlockTable(
        content, count: table.entries.last?.blocks.upperBound ?? 0, "tensors.blocks")
      try table.check(blocks, byteCount: payload.byteCount)
      return blocks
    }
    if table.entries.contains(where: { $0.codec == .delta }) {
      _ = try container.requiredSection(.weightsBase)
    }
    for entry in table.entries { place(entry) }
    groups.append(Group(payload: payload, blocks: blocks, gaps: table.gaps(blocks)))
  }

  private mutating func place(_ entry: TensorTable.Entry) {
    let place = Place(entry: entry, group: groups.count)
    let name = Array(entry.tensor.name.utf8)
    if let index = indices[name] {
      replaced.append(places[index])
      places[index] = place
      tensors[index] = entry.tensor
    } else {
      indices[name] = places.count
      places.append(place)
      tensors.append(entry.tensor)
    }
  }

  /// The place of the tensor of that name.
  subscript(name: String) -> Place? { indices[Array(name.utf8)].map { places[$0] } }

  /// The place of a tensor.
  ///
  /// - Throws: ``TensorError`` if there isn't one of its name, or it is another.
  func place(of tensor: TensorDescription) throws(TensorError) -> Place {
    guard let place = self[tensor.name] else { throw TensorError(.missing, tensor: tensor.name) }
    guard place.entry.tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return place
  }

  /// The stored bytes of a tensor, from the start of its group's data.
  func stored(_ place: Place) -> Range<Int> {
    let blocks = groups[place.group].blocks
    guard let first = place.entry.blocks.first, let last = place.entry.blocks.last else {
      return place.entry.offset..<place.entry.offset
    }
    let count = blocks[last].stored.upperBound - blocks[first].stored.lowerBound
    return place.entry.offset..<(place.entry.offset + count)
  }
}
