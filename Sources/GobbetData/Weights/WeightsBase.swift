public import GobbetFile

/// The file that tensors of another file differ from: what it holds, and its name.
///
/// - Source: `Spec/Weights.md`, "Delta".
public struct WeightsBase: Hashable, Sendable {
  /// The content id of the base.
  public let contentID: ContentDigest
  /// The name under which it lies in the folder of the file.
  public let fileName: String

  /// The base as it stands in files.
  var content: [UInt8] { contentID.bytes + fileName.utf8 }

  /// Names a file as a base.
  ///
  /// - Throws: ``LoadingError`` unless it is a file, under a name that the format allows, and stands on
  ///   fewer others than readers open.
  init(_ base: WeightsReader) throws(LoadingError) {
    contentID = base.contentID
    fileName = Self.split(base.path).name
    let most = OpenedBase.maximumChainCount
    let reason =
      !base.container.isMappable
      ? "it is not a file"
      : base.baseCount < most
        ? TensorTable.fault(inName: fileName) : "it stands on \(most) others, the most there may be"
    if let reason { throw LoadingError(path: base.path, reason: "can't be a base: \(reason)") }
  }

  /// Says what is wrong with the base of the file at `path`.
  fileprivate func error(of path: String, _ reason: String) -> LoadingError {
    LoadingError(
      path: path,
      reason: "stores differences from \(fileName) with content id \(contentID), \(reason)")
  }

  /// A path up to its last separator, and what follows.
  fileprivate static func split(_ path: String) -> (folder: String, name: String) {
    guard let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    return (String(path[...end]), String(path[path.utf8.index(after: end)...]))
  }

  /// The base in a section's content.
  ///
  /// - Throws: `FormatError` for a name that no file in the same folder can have.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    contentID = try reader.readDigest("base.contentID")
    let start = reader.offset
    let bytes = try reader.readBytes(content.count - start, "base.fileName")
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(code: .damaged("not UTF-8"), offset: start, field: "base.fileName")
    }
    if let reason = TensorTable.fault(inName: name) {
      throw FormatError(code: .damaged(reason), offset: start, field: "base.fileName")
    }
    fileName = name
  }
}

/// The base of a file as far as it could be opened; a file that lacks its base can still be listed.
final class OpenedBase: Sendable {
  /// Files that may stand one on the other.
  static let maximumChainCount = 64

  private let reader: Result<WeightsReader, any Error>

  /// Takes `reader` for the base.
  ///
  /// - Throws: ``LoadingError`` if it holds something else than `base` says.
  init(_ reader: WeightsReader, as base: WeightsBase, of path: String) throws(LoadingError) {
    guard reader.contentID == base.contentID else {
      throw base.error(of: path, "but \(reader.path) has content id \(reader.contentID)")
    }
    self.reader = .success(reader)
  }

  /// Opens the file that `base` names in the folder of `container`; `chain` are the paths of the files
  /// that stand on `container`.
  ///
  /// A base that is among those that are `open` isn't opened again.
  init(
    _ base: WeightsBase, of container: ContainerReader, _ chain: [String], checks: WeightChecks,
    isMapped: Bool, open: OpenContainers?
  ) {
    reader = Result {
      try Self.reader(
        base, of: container, chain, checks: checks, isMapped: isMapped, open: open)
    }
  }

  /// How many files this one and its bases are, as far as they could be opened.
  var count: Int { (try? reader.get()).map { 1 + $0.baseCount } ?? 0 }

  /// The base.
  ///
  /// - Throws: ``LoadingError`` that names it if it is missing, holds something else, or stands on
  ///   the file itself; the errors of reading it.
  func opened() throws -> WeightsReader { try reader.get() }

  private static func reader(
    _ base: WeightsBase, of container: ContainerReader, _ chain: [String], checks: WeightChecks,
    isMapped: Bool, open: OpenContainers?
  ) throws -> WeightsReader {
    func fail(_ reason: String) -> LoadingError { base.error(of: container.path, reason) }
    guard container.isMappable else { throw fail("which has to be opened beside it") }
    let path = WeightsBase.split(container.path).folder + base.fileName
    guard !(chain + [container.path]).contains(where: { $0.utf8.elementsEqual(path.utf8) }) else {
      throw fail("which stands on \(container.path) itself: the bases go in a circle")
    }
    guard chain.count < maximumChainCount else {
      throw fail("the \(chain.count + 1)th base in a row; at most \(maximumChainCount) are read")
    }
    let opened: ContainerReader
    do {
      opened = try open?[base.contentID] ?? ContainerReader(path: path)
    } catch {
      throw fail("which can't be read; put it in the same folder: \(error)")
    }
    guard opened.contentID == base.contentID else {
      throw fail("but \(path) has content id \(opened.contentID)")
    }
    open?.add(opened)
    return try WeightsReader(
      opened, checks: checks, isMapped: isMapped, chain: chain + [container.path], open: open)
  }
}

extension WeightsReader {
  /// How many files this one stands on, as far as they could be opened.
  fileprivate var baseCount: Int { openedBase?.count ?? 0 }
}
