package import GobbetData
package import GobbetFile
package import GobbetSystem
internal import Synchronization

/// A regular file that was opened once, for all who want something of it: what it is, what it holds,
/// and the files beside it.
///
/// Whoever was given an opened file reads the same one, whatever its path names by then.
package final class OpenedFile: TokenizerFile {
  /// The path as the caller gave it.
  package let path: String
  /// Bytes in the file when it was opened.
  package let byteCount: Int
  private let source: FileSource
  /// Where the bytes begin in the source.
  private let start: Int
  private let findings = Mutex(Findings())

  /// What was found out already.
  private struct Findings {
    /// The format, nil for none, once it was looked for.
    var format: FileFormat??
    var container: ContainerReader?
    var neighbours: [String: OpenedFile] = [:]
    /// The containers that are open, of this file and of those that it is compared with.
    var openContainers = OpenContainers()
  }

  /// The file for a reader that goes through it in order.
  package var shared: PooledFile { source.file }

  /// Opens the file at `path`; of the folder of a ``DistributedCheckpoint`` its plan, and of a model's
  /// folder its weights.
  ///
  /// `-` is standard input, beside which no files are looked for.
  /// - Throws: `FileError`.
  package init(_ path: String) throws(FileError) {
    let path = path == "-" ? "/dev/stdin" : Self.filePath(inFolder: path) ?? path
    source = try FileSource(path: path)
    self.path = path
    byteCount = source.byteCount
    start = 0
  }

  /// The names of a model's weights in a folder that transformers wrote.
  package static let modelNames = ["model.safetensors", "model.safetensors.index.json"]

  /// The file that a folder stands for; nil if it has none such, or isn't a folder.
  private static func filePath(inFolder path: String) -> String? {
    guard (try? FileStatus(of: path).kind) == .directory else { return nil }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    return ([DistributedCheckpoint.planName] + modelNames).map { folder + $0 }.first(where: exists)
  }

  /// A part of `file` as a file of its own.
  ///
  /// - Throws: `InterchangeError` (`damaged`) if the file ends before.
  init(_ file: OpenedFile, window: Range<Int>, _ field: String) throws(InterchangeError) {
    path = file.path
    source = file.source
    start = file.start + window.lowerBound
    byteCount = window.count
    guard window.upperBound <= file.byteCount else {
      throw file.ends(at: window.lowerBound, field)
    }
  }

  /// The file at another path; the same one if it is its own.
  ///
  /// - Throws: `FileError`.
  package func file(at path: String) throws(FileError) -> OpenedFile {
    path.utf8.elementsEqual(self.path.utf8) ? self : try OpenedFile(path)
  }

  /// The format of the file; nil if it has none that is known.
  ///
  /// - Throws: `FileError`.
  package func format() throws(FileError) -> FileFormat? {
    if let known = findings.withLock({ $0.format }) { return known }
    let format = try FileFormat(FileSample(self))
    findings.withLock { $0.format = .some(format) }
    return format
  }

  /// The container that the file is.
  ///
  /// - Throws: `FormatError` if it is none, or is damaged; `FileError`.
  package func container() throws -> ContainerReader {
    if let known = findings.withLock({ $0.container }) { return known }
    let container = try ContainerReader(source, named: path)
    findings.withLock { findings in
      findings.container = container
      findings.openContainers.add(container)
    }
    return container
  }

  /// The containers that are open, for those that stand on one of them.
  package var openContainers: OpenContainers { findings.withLock { $0.openContainers } }

  /// Has this file and `other` be one list of open containers: either may stand on the other.
  package func share(containersWith other: OpenedFile) {
    guard other !== self else { return }
    let shared = other.openContainers
    findings.withLock { findings in
      if let container = findings.container { shared.add(container) }
      findings.openContainers = shared
    }
  }

  /// The file of that name in the same folder, opened the first time that it is asked for; nil if there
  /// is none.
  ///
  /// - Throws: `FileError`.
  package func neighbour(_ name: String) throws(FileError) -> OpenedFile? {
    if let known = findings.withLock({ $0.neighbours[name] }) { return known }
    let place = siblingPath(name, of: path)
    guard exists(place) else { return nil }
    let opened = try file(at: place)
    // A file that held itself would never be closed.
    guard opened !== self else { return self }
    return findings.withLock { findings in
      let first = findings.neighbours[name] ?? opened
      findings.neighbours[name] = first
      return first
    }
  }

  /// All bytes of the file, which may have at most `limit`.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) for a larger file.
  package func bytes(limit: Int) throws -> [UInt8] {
    guard byteCount <= limit else {
      throw InterchangeError(.damaged("\(byteCount) bytes are more than \(limit)"), path: path)
    }
    return try available(in: 0..<byteCount)
  }

  /// The bytes of `range`, fewer if the file ends before.
  ///
  /// - Throws: `FileError`.
  package func available(in range: Range<Int>) throws(FileError) -> [UInt8] {
    let range = range.clamped(to: 0..<byteCount)
    return try source.bytes(in: (start + range.lowerBound)..<(start + range.upperBound))
  }

  /// The bytes of `range`.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file ends before.
  func bytes(in range: Range<Int>, _ field: String) throws -> [UInt8] {
    guard range.upperBound <= byteCount else { throw ends(at: range.lowerBound, field) }
    let bytes = try available(in: range)
    guard bytes.count == range.count else { throw ends(at: range.lowerBound, field) }
    return bytes
  }

  /// Fills `destination` from `offset` on.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file ends before.
  func read(
    at offset: Int, into destination: UnsafeMutableRawBufferPointer, _ field: String
  ) throws {
    // SAFETY: the caller promises a valid buffer.
    guard destination.count <= byteCount - offset,
      try unsafe source.read(at: start + offset, into: destination) == destination.count
    else {
      throw ends(at: offset, field)
    }
  }

  /// Calls `body` with bytes of the file where they are mapped, from the first time on that this is
  /// asked for.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file ends before; what `body`
  ///   throws.
  func withBytesInPlace<Result>(
    in range: Range<Int>, _ field: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try unsafe source.mapped().withUnsafeBytes { bytes in
      let place = (start + range.lowerBound)..<(start + range.upperBound)
      guard range.upperBound <= byteCount, place.upperBound <= bytes.count else {
        throw ends(at: range.lowerBound, field)
      }
      return try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[place]))
    }
  }

  private func ends(at offset: Int, _ field: String) -> InterchangeError {
    InterchangeError(.damaged("the file ends inside"), path: path, offset: offset, field: field)
  }
}
