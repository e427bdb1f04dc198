package import GobbetFile

/// Which file of a set of weights a file is, and which files come before it.
///
/// Every file names all files before it by one digest, so that no file of another set, or of an older
/// one under the same names, can stand among them.
///
/// - Source: `Spec/Weights.md`, "Sets of files".
package struct WeightSetPlace: Hashable, Sendable {
  static let byteCount = 40

  /// The number of the file, from 1.
  package let number: Int
  /// How many files there are.
  package let count: Int
  /// Of all files before this one; zeros for the first.
  package let chain: ContentDigest

  /// The place of the first of `count` files.
  ///
  /// - Precondition: `count` is positive and has at most 32 bits.
  package init(firstOf count: Int) {
    precondition(count > 0 && count <= Int(UInt32.max), "WeightSetPlace: no files")
    number = 1
    self.count = count
    let zeros = [UInt8](repeating: 0, count: ContentDigest.byteCount)
    chain = ContentDigest(bytes: zeros) ?? ContentDigest(of: zeros.span)
  }

  private init(number: Int, count: Int, chain: ContentDigest) {
    self.number = number
    self.count = count
    self.chain = chain
  }

  /// The place of the file that follows `file`, which has this place.
  ///
  /// - Throws: `FormatError` if the file holds no tensors.
  package func next(after file: ContainerReader) throws -> WeightSetPlace {
    // Later generations have tables and data of other names: what is added to a file stays out.
    let content =
      chain.bytes + (try file.requiredSection(.tensorTable).digest.bytes)
      + (try file.requiredSection(.tensorData).digest.bytes)
    return WeightSetPlace(
      number: number + 1, count: count, chain: ContentDigest(of: content.span))
  }

  /// The place as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt32(number))
    content.write(UInt32(count))
    content.write(chain.bytes)
    return content.bytes
  }

  /// The place in a section's content.
  ///
  /// - Throws: `FormatError` for numbers that no file can have.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    number = Int(try reader.read(UInt32.self, "set.number"))
    count = Int(try reader.read(UInt32.self, "set.count"))
    chain = try reader.readDigest("set.chain")
    try reader.finish("set")
    guard number >= 1, number <= count else {
      throw FormatError(
        code: .damaged("file \(number) of \(count)"), offset: 0, field: "set.number")
    }
    guard number > 1 || chain == WeightSetPlace(firstOf: count).chain else {
      throw FormatError(
        code: .damaged("the first file of a set names files before it"), offset: 8,
        field: "set.chain")
    }
  }
}

extension WeightsReader {
  /// Which file of a set this is; nil if it does not say.
  ///
  /// - Throws: `FormatError` if what it says is damaged; what reading throws.
  package func setPlace() throws -> WeightSetPlace? {
    guard let section = container.section(.weightSet) else { return nil }
    return try container.parsed(section) { content throws(FormatError) in
      try WeightSetPlace(content)
    }
  }

  /// The place of the file that follows this one in its set.
  ///
  /// - Throws: `FormatError`; what reading throws.
  package func setPlaceBehind() throws -> WeightSetPlace? {
    try setPlace()?.next(after: container)
  }
}

extension WeightShards {
  /// Checks that those of `files` which say of which set they are belong to one; with `isWhole`, that
  /// they are all of it, in their order.
  ///
  /// - Throws: ``LoadingError`` that names two files of different sets, or says which file this is;
  ///   `FormatError`; what reading throws.
  package static func checkSet(_ files: [WeightsReader], isWhole: Bool) throws {
    var known: [(file: WeightsReader, place: WeightSetPlace)] = []
    for file in files {
      if let place = try file.setPlace() { known.append((file, place)) }
    }
    guard let first = known.first else { return }
    func fail(_ file: WeightsReader, _ reason: String) -> LoadingError {
      LoadingError(path: file.path, reason: reason)
    }
    if isWhole {
      for (index, file) in files.enumerated() {
        guard index < known.count, known[index].file.path == file.path else {
          throw fail(file, "is of another set of weights than \(first.file.path)")
        }
        let place = known[index].place
        guard place.number == index + 1, place.count == files.count else {
          throw fail(file, "is file \(place.number) of a set of \(place.count)")
        }
      }
    }
    known.sort { $0.place.number < $1.place.number }
    for (one, other) in zip(known, known.dropFirst()) {
      let isNext = other.place.number == one.place.number + 1
      guard one.place.count == other.place.count, other.place.number > one.place.number,
        try !isNext || one.place.next(after: one.file.container) == other.place
      else { throw fail(other.file, "is of another set of weights than \(one.file.path)") }
    }
  }
}
