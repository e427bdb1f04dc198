public import GobbetData
internal import GobbetSystem

/// The tensors of a checkpoint that PyTorch wrote: `.pt`, `.pth`, `.bin`, `.ckpt`.
///
/// The pickle in it is read as data: nothing that it names is ever called. The weights are the dictionary
/// that the file holds, or the one in it that has tensors, or the one that a key names. The checksum of
/// a storage is compared before it is first read. A tensor that depends on a name that is not understood is
/// listed, and an error by that name if it is read. Views that are not contiguous come row-major.
/// - Source: PyTorch's `torch/serialization.py` and `torch/_utils.py`.
public struct PyTorchReader: TensorPartSource {
  /// Every tensor, in the order of the dictionary.
  public let tensors: [TensorDescription]
  /// There is none.
  public let metadata: [(String, String)] = []
  /// The tensors that cannot be read, which are described as having no elements, and what they are.
  public let unreadTensors: [(tensor: TensorDescription, typeName: String)]
  /// The keys beside the tensors, such as an optimizer's, whose values are not read.
  public let otherKeys: [String]
  /// The sizes of a GPT-2 in the `model_args` of nanoGPT; nil if there are none.
  public let gpt2Configuration: GPT2Configuration?

  private let file: OpenedFile
  private let entries: [[UInt8]: Entry]
  private let checked = CheckedMembers()

  /// A tensor, and where its first element lies in the file.
  private struct Entry: Sendable {
    let tensor: PyTorchTensor
    let start: Int
    /// The member of the archive that holds its storage; nil in files that aren't archives.
    let member: ZipMember?
  }

  private static let maximumExpandedByteCount = 1 << 27

  /// Opens the file at `path` and reads its pickle.
  ///
  /// `key` leads to the dictionary with the tensors through those that it lies in, as `optimizer.state`;
  /// places in lists are numbers.
  /// - Throws: `FileError`; `InterchangeError` with the name of the tensor, or the byte of the pickle.
  public init(_ path: String, key: String? = nil) throws {
    try self.init(OpenedFile(path), key: key)
  }

  /// Reads the pickle of an open file.
  ///
  /// - Throws: as ``init(_:key:)``.
  package init(_ file: OpenedFile, key: String? = nil) throws {
    let path = file.path
    let contents = try PyTorchContents(file)
    let finder = PyTorchTensors(contents.heap, path: path, field: contents.field)
    let pairs = try finder.weights(in: contents.root, key: key)
    let found = try finder.tensors(in: pairs)
    entries = try Self.entries(found, contents, path)
    self.file = file
    tensors = found.map(\.tensor)
    unreadTensors = found.compactMap { found in
      guard case .unsupported(let reason) = found.fault?.code else { return nil }
      return (found.tensor, reason)
    }
    otherKeys = finder.others(in: pairs, contents.root)
    gpt2Configuration = Self.configuration(contents)
  }

  /// The classes and functions that the pickle names and that are not understood, as
  /// `argparse.Namespace`, sorted: what they would have made is left alone.
  ///
  /// Reads the pickle again.
  /// - Throws: as ``init(_:key:)``.
  public func opaqueNames() throws -> [String] {
    let contents = try PyTorchContents(file)
    return PyTorchTensors(contents.heap, path: file.path, field: contents.field).opaqueNames
  }

  /// Reads an archive that holds nothing but a tensor, which is to have a name.
  ///
  /// - Throws: as ``init(_:key:)``.
  init(tensorIn file: OpenedFile, named name: String) throws {
    let contents = try PyTorchContents(file)
    let finder = PyTorchTensors(contents.heap, path: file.path, field: contents.field)
    let found = try finder.tensor(name, contents.root)
    entries = try Self.entries([found], contents, file.path)
    self.file = file
    tensors = [found.tensor]
    unreadTensors = []
    otherKeys = []
    gpt2Configuration = nil
  }

  /// Where the tensors of a file lie, by their names.
  private static func entries(
    _ tensors: [PyTorchTensor], _ contents: PyTorchContents, _ path: String
  ) throws(InterchangeError) -> [[UInt8]: Entry] {
    var entries: [[UInt8]: Entry] = [:]
    for entry in tensors {
      guard entry.fault == nil else {
        entries[Array(entry.tensor.name.utf8)] = Entry(tensor: entry, start: 0, member: nil)
        continue
      }
      let storage = contents.storages[Array(entry.storage.utf8)]
      entries[Array(entry.tensor.name.utf8)] = Entry(
        tensor: entry, start: try start(of: entry, storage?.range, path),
        member: storage?.member)
    }
    return entries
  }

  private static func configuration(_ contents: PyTorchContents) -> GPT2Configuration? {
    let heap = contents.heap
    guard
      let arguments = heap.pairs(contents.root)?.last(where: {
        heap.text($0.key) == "model_args"
      }), let pairs = heap.pairs(arguments.value)
    else { return nil }
    func size(_ name: String) -> Int? {
      pairs.last { heap.text($0.key) == name }.flatMap { heap.integer($0.value) }
        .flatMap { $0 > 0 ? $0 : nil }
    }
    var configuration = GPT2Configuration()
    configuration.headCount = size("n_head")
    configuration.layerCount = size("n_layer")
    configuration.width = size("n_embd")
    configuration.contextLength = size("block_size")
    configuration.vocabularySize = size("vocab_size")
    // Of nanoGPT's `nn.GELU()`, which it has had since May 2023, the arguments say nothing.
    configuration.activation = .geluErf
    return configuration.headCount == nil ? nil : configuration
  }

  /// Where the first element of a tensor lies in the file, whose storage must hold all of them.
  private static func start(
    of entry: PyTorchTensor, _ storage: Range<Int>?, _ path: String
  ) throws(InterchangeError) -> Int {
    guard let storage else {
      throw InterchangeError(
        .damaged("no storage \(entry.storage)"), path: path, field: entry.tensor.name)
    }
    let width = entry.tensor.elementType.bitWidth / 8
    let available = storage.count / width
    guard let span = entry.span, span == 0 || entry.offset <= available,
      span <= available - min(entry.offset, available)
    else {
      throw InterchangeError(
        .damaged("elements past the end of storage \(entry.storage)"), path: path,
        field: entry.tensor.name)
    }
    // A stride of 0 makes many elements of one: as many as memory has room for, and no more.
    guard entry.isContiguous || entry.tensor.byteCount - span * width <= maximumExpandedByteCount
    else {
      throw InterchangeError(
        .unsupported(
          "\(entry.tensor.byteCount.counted("byte")) out of \(span * width); save a clone()"),
        path: path, field: entry.tensor.name)
    }
    return storage.lowerBound + (span == 0 ? 0 : entry.offset * width)
  }

  private func entry(
    of tensor: TensorDescription
  ) throws(TensorError) -> Entry {
    guard let entry = entries[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entry.tensor.tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return entry
  }

  /// The entry of a tensor whose data is about to be read, and is right by its checksum.
  private func checkedEntry(
    of tensor: TensorDescription
  ) throws -> (tensor: PyTorchTensor, start: Int) {
    let entry = try entry(of: tensor)
    if let fault = entry.tensor.fault { throw fault }
    if let member = entry.member { try checked.check(member, of: file, tensor.name) }
    return (entry.tensor, entry.start)
  }

  /// Copies one tensor's data.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file was cut meanwhile;
  ///   `TensorError` if it isn't a tensor of this file.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == tensor.byteCount, "PyTorchReader: a wrong buffer size")
    let (entry, start) = try checkedEntry(of: tensor)
    guard !entry.isContiguous else {
      // SAFETY: the caller promises a valid buffer of the tensor's size.
      return try unsafe file.read(at: start, into: destination, tensor.name)
    }
    let width = tensor.elementType.bitWidth / 8
    let stored = try file.bytes(
      in: start..<(start + (entry.span ?? 0) * width), tensor.name)
    guard tensor.elementCount > 0 else { return }
    var place = [Int](repeating: 0, count: tensor.shape.count)
    var source = 0
    for target in stride(from: 0, to: tensor.byteCount, by: width) {
      for byte in 0..<width { unsafe destination[target + byte] = stored[source * width + byte] }
      // The next place in row-major order.
      var axis = tensor.shape.count - 1
      while axis >= 0 {
        place[axis] += 1
        source += entry.strides[axis]
        if place[axis] < tensor.shape[axis] { break }
        source -= entry.strides[axis] * tensor.shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
  }

  /// Copies a part of one tensor's data; by way of all of it if it is not contiguous.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let (entry, start) = try checkedEntry(of: tensor)
    guard entry.isContiguous else {
      let whole = try bytes(of: tensor)
      return unsafe destination.copyBytes(from: whole[range])
    }
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe file.read(at: start + range.lowerBound, into: destination, tensor.name)
  }

  /// Whether the tensor is contiguous.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    (try? entry(of: tensor))?.tensor.isContiguous ?? false
  }

  /// Calls `body` with one tensor's data where it is mapped; nil if it is not contiguous.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let (entry, start) = try checkedEntry(of: tensor)
    guard entry.isContiguous else { return nil }
    return try unsafe file.withBytesInPlace(
      in: start..<(start + tensor.byteCount), tensor.name, body)
  }
}
