internal import GobbetData

/// The files of a model, and what is in front of the tensors.
///
/// The first of several holds the metadata; all say in `split.no`, `split.count` and
/// `split.tensors.count` which one of how many they are.
struct GGUFParts {
  private(set) var parts: [GGUFReader.Part] = []
  private(set) var metadata: GGUFMetadata

  private static let prefix = "split."
  private static let maximumCount = 99_999

  /// Opens the files of which `file` is one; `alone` only that.
  ///
  /// - Throws: `LoadingError` if a file is missing or cannot be found by the name; `FileError`;
  ///   `InterchangeError` for one that is another.
  init(_ file: OpenedFile, _ header: GGUFHeader, alone: Bool) throws {
    guard !alone, let count = header.metadata["split.count"]?.size, count > 1 else {
      metadata = header.metadata
      parts = [Self.part(file, header)]
      return
    }
    guard count <= Self.maximumCount, let stem = Self.stem(of: file.path, count: count) else {
      let number = header.metadata["split.no"]?.size ?? 0
      throw LoadingError(
        path: file.path,
        reason: "is part \(number + 1) of \(count) of a model, whose names end in "
          + "-\(Self.padded(number + 1))-of-\(Self.padded(count)).gguf; rename it so, beside the others"
      )
    }
    metadata = GGUFMetadata()
    var tensorCount = 0
    for number in 0..<count {
      let path = "\(stem)-\(Self.padded(number + 1))-of-\(Self.padded(count)).gguf"
      let isGiven = path.utf8.elementsEqual(file.path.utf8)
      guard isGiven || exists(path) else {
        throw LoadingError(
          path: file.path,
          reason: "is one of \(count) files of a model, and \(fileName(of: path)) is missing")
      }
      let part = try file.file(at: path)
      let header = isGiven ? header : try GGUFHeader(part)
      guard header.metadata["split.count"]?.size == count,
        header.metadata["split.no"]?.size == number
      else {
        throw InterchangeError(
          .damaged("not file \(number + 1) of \(count)"), path: path, field: "split.no")
      }
      if number == 0 { metadata = header.metadata }
      tensorCount += header.entries.count
      parts.append(Self.part(part, header))
    }
    if let expected = metadata["split.tensors.count"]?.size, expected != tensorCount {
      throw InterchangeError(
        .damaged("\(tensorCount) tensors in all files, not \(expected)"), path: file.path,
        field: "split.tensors.count")
    }
    metadata.remove { $0.hasPrefix(Self.prefix) }
  }

  private static func part(_ file: OpenedFile, _ header: GGUFHeader) -> GGUFReader.Part {
    GGUFReader.Part(file: file, entries: header.entries, isBigEndian: header.isBigEndian)
  }

  private static func padded(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// What stands before the numbers in the name of one of `count` files; nil for another name.
  private static func stem(of path: String, count: Int) -> String? {
    let ending = Array("-of-\(padded(count)).gguf".utf8)
    let bytes = Array(path.utf8)
    guard bytes.count > ending.count + 6, bytes.suffix(ending.count).elementsEqual(ending) else {
      return nil
    }
    let front = bytes.dropLast(ending.count)
    let number = front.suffix(6)
    guard number.first == UInt8(ascii: "-"),
      number.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return String(decoding: front.dropLast(6), as: UTF8.self)
  }
}
