public import GobbetData
package import GobbetSystem

/// The tensors of a checkpoint that `torch.distributed.checkpoint` wrote: a folder with the plan,
/// `.metadata`, and files of archives, `__0_0.distcp`.
///
/// Pickles are read as data: nothing that they name is ever called. Of several dictionaries the model is
/// the one that training programs call so, or the one that a key names; without one all tensors come
/// under their full names. Chunks that several processes wrote are put together.
public struct DistributedCheckpoint: TensorSource {
  /// Every tensor, in the order of the plan.
  public let tensors: [TensorDescription]
  /// There is none.
  public let metadata: [(String, String)] = []
  /// What is in the checkpoint beside the tensors, such as an optimizer's state, by the first keys.
  public let otherKeys: [String]

  private let plan: OpenedFile
  private let entries: [[UInt8]: Entry]

  private struct Entry: Sendable {
    let tensor: TensorDescription
    let chunks: [Chunk]
  }

  /// A box of a tensor, and the archive that holds it.
  private struct Chunk: Sendable {
    let offsets: [Int]
    let tensor: TensorDescription
    let archive: PyTorchReader
    /// The bytes of the whole tensor that it is, row-major; nil if they are apart.
    let range: Range<Int>?
  }

  private static let maximumPlanByteCount = 1 << 26
  private static let wrappers: Set<String> = ["model", "state_dict", "model_state_dict", "app"]

  /// The name of the plan in the folder of a checkpoint.
  static let planName = ".metadata"

  /// Whether a file is such a plan.
  ///
  /// - Throws: `FileError`.
  package static func isPlan(_ file: OpenedFile) throws(FileError) -> Bool {
    DistributedPlan.begins(try file.available(in: 0..<128))
  }

  /// Opens the checkpoint whose plan is the file at `path`.
  ///
  /// - Throws: `FileError`; `InterchangeError` with the name of the tensor.
  public init(plan path: String, key: String? = nil) throws {
    try self.init(plan: OpenedFile(path), key: key)
  }

  /// Opens the checkpoint of a plan.
  ///
  /// - Throws: as ``init(plan:key:)``.
  package init(plan file: OpenedFile, key: String? = nil) throws {
    let path = file.path
    let plan = try DistributedPlan(file.bytes(limit: Self.maximumPlanByteCount), path: path)
    let (chosen, prefixCount) = try Self.chosen(plan, key, path)
    var files: [[UInt8]: OpenedFile] = [:]
    var entries: [[UInt8]: Entry] = [:]
    var tensors: [TensorDescription] = []
    for found in chosen {
      let name = found.keys.dropFirst(prefixCount).joined(separator: ".")
      let tensor = try TensorDescription(
        name: prefixCount == 0 ? found.tensor.name : name, elementType: found.tensor.elementType,
        shape: found.tensor.shape)
      let chunks = try found.chunks.map { chunk in
        let fileName = Array(chunk.place.fileName.utf8)
        let file = try files[fileName] ?? OpenedFile(siblingPath(chunk.place.fileName, of: path))
        files[fileName] = file
        return try Self.open(chunk, of: tensor, in: file)
      }
      guard
        entries.updateValue(
          Entry(tensor: tensor, chunks: chunks), forKey: Array(tensor.name.utf8)) == nil
      else { throw TensorError(.duplicateName, tensor: tensor.name) }
      tensors.append(tensor)
    }
    self.plan = file
    self.entries = entries
    self.tensors = tensors
    let taken = Set(chosen.map { Array($0.tensor.name.utf8) })
    var others: [String] = []
    for name in plan.others + plan.tensors.map(\.tensor.name)
    where !taken.contains(Array(name.utf8)) {
      let first = name.split(separator: ".").first.map(String.init) ?? name
      if !others.contains(first) { others.append(first) }
    }
    otherKeys = others
  }

  /// The classes and functions that the plan names and that are not understood, sorted.
  ///
  /// Reads the plan again.
  /// - Throws: as ``init(plan:key:)``.
  public func opaqueNames() throws -> [String] {
    let bytes = try plan.bytes(limit: Self.maximumPlanByteCount)
    return try DistributedPlan(bytes, path: plan.path).opaqueNames
  }

  /// The tensors that a key leads to, or that are the model's, and how many keys lead there.
  private static func chosen(
    _ plan: DistributedPlan, _ key: String?, _ path: String
  ) throws(InterchangeError) -> (tensors: [DistributedPlan.Tensor], prefixCount: Int) {
    if let key {
      let wanted = key.split(separator: ".").map(String.init)
      let found = plan.tensors.filter {
        $0.keys.starts(with: wanted) && $0.keys.count > wanted.count
      }
      guard !found.isEmpty else {
        let known = Set(plan.tensors.compactMap(\.keys.first)).sorted().prefix(8)
        throw InterchangeError(
          .unsupported(
            "no tensors under \(key) in this checkpoint; there is "
              + known.joined(separator: ", ")), path: path, field: "metadata")
      }
      return (found, wanted.count)
    }
    let wrapped = Set(plan.tensors.filter { $0.keys.count > 1 }.compactMap(\.keys.first))
      .intersection(wrappers)
    guard wrapped.count == 1, let wrapper = wrapped.first else { return (plan.tensors, 0) }
    return (plan.tensors.filter { $0.keys.count > 1 && $0.keys[0] == wrapper }, 1)
  }

  private static func open(
    _ chunk: DistributedPlan.Chunk, of tensor: TensorDescription, in file: OpenedFile
  ) throws -> Chunk {
    let archive = try PyTorchReader(
      tensorIn: OpenedFile(file, window: chunk.place.range, tensor.name), named: tensor.name)
    let found = archive.tensors[0]
    guard found.elementType == tensor.elementType, found.shape == chunk.sizes else {
      throw InterchangeError(
        .damaged(
          "\(found.elementType.name) \(found.shape) in place of \(tensor.elementType.name) "
            + "\(chunk.sizes)"), path: file.path, offset: chunk.place.range.lowerBound,
        field: tensor.name)
    }
    // The first axis may be cut where those in front of it have one index; the rest must be whole.
    let cut = tensor.shape.indices.first { chunk.sizes[$0] != 1 } ?? tensor.shape.count
    let isTogether = tensor.shape.indices.dropFirst(cut + 1).allSatisfy {
      chunk.sizes[$0] == tensor.shape[$0]
    }
    var start = 0
    for axis in tensor.shape.indices {
      start = start * tensor.shape[axis] + chunk.offsets[axis]
    }
    let first = start * tensor.elementType.bitWidth / 8
    return Chunk(
      offsets: chunk.offsets, tensor: found, archive: archive,
      range: isTogether ? first..<(first + found.byteCount) : nil)
  }

  private func entry(of tensor: TensorDescription) throws(TensorError) -> Entry {
    guard let entry = entries[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entry.tensor == tensor else { throw TensorError(.otherDescription, tensor: tensor.name) }
    return entry
  }

  /// Copies one tensor's data.
  ///
  /// - Throws: as ``PyTorchReader/read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      destination.count == tensor.byteCount, "DistributedCheckpoint: a wrong buffer size")
    for chunk in try entry(of: tensor).chunks where chunk.tensor.byteCount > 0 {
      if let range = chunk.range {
        // SAFETY: the chunks were checked: they lie in the tensor.
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: destination[range])
        try unsafe chunk.archive.read(chunk.tensor, into: part)
      } else {
        let bytes = try chunk.archive.bytes(of: chunk.tensor)
        unsafe place(bytes, chunk, in: destination, of: tensor)
      }
    }
  }

  /// Copies the rows of a box to where they are in the tensor.
  private func place(
    _ bytes: [UInt8], _ chunk: Chunk, in destination: UnsafeMutableRawBufferPointer,
    of tensor: TensorDescription
  ) {
    let shape = chunk.tensor.shape
    let width = tensor.elementType.bitWidth / 8
    let rowByteCount = width * shape[shape.count - 1]
    var index = [Int](repeating: 0, count: shape.count)
    for row in stride(from: 0, to: bytes.count, by: rowByteCount) {
      var element = 0
      for axis in shape.indices {
        element = element * tensor.shape[axis] + chunk.offsets[axis] + index[axis]
      }
      let start = width * element
      // SAFETY: the chunks were checked: each row lies in the tensor.
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: destination[start..<(start + rowByteCount)])
      unsafe target.copyBytes(from: bytes[row..<(row + rowByteCount)])
      var axis = shape.count - 2
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "DistributedCheckpoint: not the bytes of the tensor")
    guard readsParts(of: tensor) else {
      let whole = try bytes(of: tensor)
      return unsafe destination.copyBytes(from: whole[range])
    }
    for chunk in try entry(of: tensor).chunks {
      guard let all = chunk.range, all.overlaps(range) else { continue }
      let part = all.clamped(to: range)
      let start = part.lowerBound - range.lowerBound
      let target = start..<(start + part.count)
      // SAFETY: the part lies in the range, and `destination` is as long as that.
      try unsafe chunk.archive.read(
        chunk.tensor,
        bytes: (part.lowerBound - all.lowerBound)..<(part.upperBound - all.lowerBound),
        into: UnsafeMutableRawBufferPointer(rebasing: destination[target]))
    }
  }

  /// Whether the tensor is one chunk, or is cut along its first axis only.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    (try? entry(of: tensor))?.chunks.allSatisfy {
      $0.range != nil && $0.archive.readsParts(of: $0.tensor)
    } ?? false
  }
}
