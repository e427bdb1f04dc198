internal import GobbetSystem

/// What a file of PyTorch holds: what its pickle builds, and where storages lie.
struct PyTorchContents {
  let heap: PickleHeap
  /// The place of the outermost value.
  let root: Int
  /// Where each storage lies, by its name.
  let storages: [[UInt8]: Storage]
  /// The name of the pickle, for errors.
  let field: String

  /// The bytes in the file of a storage.
  struct Storage: Sendable {
    let range: Range<Int>
    /// The member of the archive that holds it; nil in files that aren't archives, which have no checksums.
    var member: ZipMember?
  }

  private static let maximumPickleByteCount = 1 << 26
  /// What is first read of a file that does not say how long its pickles are.
  private static let firstByteCount = 1 << 20
  /// The number that a file before PyTorch 1.6 begins with, as its pickle has it.
  private static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Reads the pickle of `file`.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  init(_ file: OpenedFile) throws {
    let start = try file.bytes(in: 0..<min(Self.magic.count, file.byteCount), "magic")
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      try self.init(archive: file)
    } else if start.elementsEqual(Self.magic) {
      try self.init(legacy: file)
    } else {
      throw InterchangeError(
        .unsupported("a pickle that isn't a checkpoint of PyTorch"), path: file.path)
    }
  }

  /// A ZIP file: `data.pkl`, and a member for each storage.
  private init(archive file: OpenedFile) throws {
    let members = try StoredZip.members(of: file)
    let ending = "/data.pkl"
    guard let pickle = members.first(where: { $0.name.hasSuffix(ending) }), !pickle.isDeflated
    else {
      throw InterchangeError(.damaged("no data.pkl"), path: file.path)
    }
    guard pickle.byteCount <= Self.maximumPickleByteCount else {
      throw InterchangeError(
        .unsupported("a pickle of \(pickle.byteCount.counted("byte"))"), path: file.path,
        field: pickle.name)
    }
    let folder = String(pickle.name.dropLast(ending.count)) + "/"
    let data = folder + "data/"
    var storages: [[UInt8]: Storage] = [:]
    for member in members where !member.isDeflated {
      if member.name.hasPrefix(data) {
        storages[Array(member.name.dropFirst(data.count).utf8)] = Storage(
          range: member.range, member: member)
      } else if member.name.utf8.elementsEqual("\(folder)byteorder".utf8) {
        guard try file.bytes(in: member.range, member.name).elementsEqual("little".utf8) else {
          throw InterchangeError(
            .unsupported("a big-endian checkpoint"), path: file.path, field: member.name)
        }
      }
    }
    field = pickle.name
    self.storages = storages
    try CheckedMembers().check(pickle, of: file, pickle.name)
    let bytes = try file.bytes(in: pickle.range, pickle.name)
    let result = try PickleMachine.read(bytes, path: file.path, field: pickle.name)
    (heap, root) = (result.heap, result.root)
  }

  /// Three pickles that describe the file, one of the object, one of the names of storages, and these:
  /// each the number of its elements in 8 bytes, then its data.
  private init(legacy file: OpenedFile) throws {
    field = "pickle"
    let path = file.path
    let limit = min(file.byteCount, Self.maximumPickleByteCount)
    // Nothing says how long the pickles are. Most end soon, and storages are long.
    var bytes = try file.bytes(in: 0..<min(limit, Self.firstByteCount), "pickle")
    var offset = Self.magic.count
    func next() throws -> (heap: PickleHeap, root: Int) {
      while true {
        do throws(InterchangeError) {
          let result = try PickleMachine.read(bytes, from: offset, path: path, field: "pickle")
          offset = result.end
          return (result.heap, result.root)
        } catch {
          guard bytes.count < limit else { throw error }
        }
        bytes = try file.bytes(in: 0..<min(limit, 8 * bytes.count), "pickle")
      }
    }
    let version = try next()
    guard version.heap.integer(version.root) == 1001 else {
      throw InterchangeError(.unsupported("another version than 1001"), path: path)
    }
    let system = try next()
    let isLittleEndian = (system.heap.pairs(system.root) ?? []).contains { pair in
      guard system.heap.text(pair.key) == "little_endian" else { return false }
      if case .bool(true) = system.heap[pair.value] { return true }
      return false
    }
    guard isLittleEndian else {
      throw InterchangeError(.unsupported("a big-endian checkpoint"), path: path)
    }
    (heap, root) = try next()
    let names = try next()
    guard let keys = names.heap.elements(names.root) else {
      throw InterchangeError(.damaged("no list of storages"), path: path, field: "pickle")
    }
    let widths = PyTorchTensors.storageWidths(in: heap)
    var storages: [[UInt8]: Storage] = [:]
    for key in keys {
      guard let name = names.heap.text(key), let width = widths[Array(name.utf8)] else {
        throw InterchangeError(
          .damaged("a storage that nothing names"), path: path, field: "pickle")
      }
      let count = try file.bytes(in: offset..<(offset + 8), name).reversed()
        .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      offset += 8
      guard count <= UInt64((file.byteCount - offset) / width) else {
        throw InterchangeError(
          .damaged("\(count.counted("element")) in \((file.byteCount - offset).counted("byte"))"),
          path: path, field: name
        )
      }
      storages[Array(name.utf8)] = Storage(
        range: offset..<(offset + Int(count) * width))
      offset += Int(count) * width
    }
    self.storages = storages
  }
}
