internal import GobbetData
internal import GobbetSystem

/// What the `.metadata` of a distributed checkpoint says: which tensors there are, of which chunks they
/// are put together, and where in which file each chunk lies.
///
/// Nothing that the pickle names is ever called. ``understood`` are the classes of a plan that are
/// understood, beside the types of elements; all others are passed over.
/// - Source: PyTorch's `torch/distributed/checkpoint/metadata.py` and `filesystem.py`.
struct DistributedPlan {
  /// A box of a tensor's elements, and where its bytes are.
  struct Chunk: Hashable {
    let offsets: [Int]
    let sizes: [Int]
    let place: Place
  }

  /// An archive in one of the folder's files.
  struct Place: Hashable {
    let fileName: String
    let range: Range<Int>
  }

  /// A tensor under its full name.
  struct Tensor {
    let tensor: TensorDescription
    /// The keys that lead to it in what was saved.
    let keys: [String]
    let chunks: [Chunk]
  }

  /// The tensors, in the order of the plan.
  private(set) var tensors: [Tensor] = []
  /// The full names of what isn't a tensor.
  private(set) var others: [String] = []
  private let heap: PickleHeap
  private let path: String

  static let module = "torch.distributed.checkpoint"
  private static let maximumChunkCount = 1 << 12
  private static let understood: Set<String> = Set(
    [
      "Metadata", "TensorStorageMetadata", "TensorProperties", "ChunkStorageMetadata",
      "BytesStorageMetadata", "MetadataIndex",
    ].map { "\(module).metadata.\($0)" }
  ).union([
    "\(module).filesystem._StorageInfo", "torch.Size", "torch.serialization._get_layout",
  ])

  /// The names in the plan that stand for values which nothing here understands, sorted.
  var opaqueNames: [String] {
    heap.globalNames {
      Self.understood.contains($0) || PyTorchTensors.elementType(named: $0) != nil
    }
  }

  /// Whether a file begins as such a plan does.
  static func begins(_ start: [UInt8]) -> Bool {
    start.starts(with: [0x80, 0x04])
      && start.dropFirst(11).prefix(60).split(separator: 0x94).first.map {
        $0.dropFirst(2).elementsEqual("\(module).metadata".utf8)
      } ?? false
  }

  /// Reads the plan in `bytes`, the content of the file at `path`.
  ///
  /// - Throws: `InterchangeError` with the name of the tensor that is not understood.
  init(_ bytes: [UInt8], path: String) throws(InterchangeError) {
    let pickle = try PickleMachine.read(bytes, path: path, field: "metadata")
    heap = pickle.heap
    self.path = path
    guard heap.className(of: pickle.root) == "\(Self.module).metadata.Metadata",
      let metadata = heap.attribute("state_dict_metadata", of: pickle.root),
      let entries = heap.pairs(metadata)
    else { throw error(.damaged("no plan of a distributed checkpoint"), "metadata") }
    let keys = keyPaths(pickle.root)
    let places = try storagePlaces(pickle.root)
    var names: Set<[UInt8]> = []
    for (key, value) in entries {
      guard let name = heap.text(key) else {
        throw error(.damaged("a name that is not text"), "metadata")
      }
      guard names.insert(Array(name.utf8)).inserted else {
        throw error(.damaged("the name is there twice"), name)
      }
      switch heap.className(of: value) {
      case "\(Self.module).metadata.TensorStorageMetadata":
        tensors.append(
          try tensor(name, value, keys[Array(name.utf8)] ?? [name], places))
      default: others.append(name)
      }
    }
  }

  private func error(_ code: InterchangeError.Code, _ field: String) -> InterchangeError {
    InterchangeError(code, path: path, field: field)
  }

  /// The keys that lead to each value, by its full name.
  private func keyPaths(_ root: Int) -> [[UInt8]: [String]] {
    var paths: [[UInt8]: [String]] = [:]
    for (key, value) in heap.attribute("planner_data", of: root).flatMap(heap.pairs) ?? [] {
      guard let name = heap.text(key), let keys = heap.elements(value) else { continue }
      paths[Array(name.utf8)] = keys.map {
        heap.text($0) ?? heap.integer($0).map(String.init) ?? "?"
      }
    }
    return paths
  }

  /// A chunk of a tensor: the tensor's name, and where the chunk begins in it.
  private struct Index: Hashable {
    let name: [UInt8]
    let offsets: [Int]
  }

  private func storagePlaces(_ root: Int) throws(InterchangeError) -> [Index: Place] {
    var places: [Index: Place] = [:]
    let pairs = heap.attribute("storage_data", of: root).flatMap(heap.pairs) ?? []
    for (key, value) in pairs {
      guard let name = heap.attribute("fqn", of: key).flatMap(heap.text),
        // What isn't a tensor has no offset.
        let offsets = heap.attribute("offset", of: key).flatMap({ heap.sizes(at: $0) })
      else { continue }
      guard let file = heap.attribute("relative_path", of: value).flatMap(heap.text),
        let start = heap.attribute("offset", of: value).flatMap(heap.integer),
        let count = heap.attribute("length", of: value).flatMap(heap.integer),
        start >= 0, count >= 0, start <= .max - count
      else { throw error(.damaged("no place in a file"), name) }
      guard !file.isEmpty, file.utf8.first != UInt8(ascii: "."),
        !file.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 || $0 == 0x5C })
      else { throw error(.unsupported("a file that is not in the folder: \(file)"), name) }
      if let transforms = heap.attribute("transform_descriptors", of: value),
        heap.elements(transforms)?.isEmpty == false
      {
        throw error(.unsupported("a chunk that was transformed, as by compression"), name)
      }
      places[Index(name: Array(name.utf8), offsets: offsets)] = Place(
        fileName: file, range: start..<(start + count))
    }
    return places
  }

  private func tensor(
    _ name: String, _ place: Int, _ keys: [String], _ places: [Index: Place]
  ) throws(InterchangeError) -> Tensor {
    guard let shape = heap.attribute("size", of: place).flatMap({ heap.sizes(at: $0) }),
      let properties = heap.attribute("properties", of: place).flatMap({ heap.state(of: $0) }),
      let first = heap.elements(properties)?.first ?? heap.value("dtype", in: properties),
      let type = heap.globalName(first),
      let list = heap.attribute("chunks", of: place).flatMap(heap.elements)
    else { throw error(.damaged("not the metadata of a tensor"), name) }
    guard let elementType = PyTorchTensors.elementType(named: type) else {
      throw error(.unsupported("elements of type \(type)"), name)
    }
    guard list.count <= Self.maximumChunkCount else {
      throw error(.unsupported("\(list.count.counted("chunk"))"), name)
    }
    let description: TensorDescription
    do {
      description = try TensorDescription(name: name, elementType: elementType, shape: shape)
    } catch let reason {
      throw error(.tensor("\(reason)"), name)
    }
    var chunks: [Chunk] = []
    for chunk in list {
      guard let offsets = heap.attribute("offsets", of: chunk).flatMap({ heap.sizes(at: $0) }),
        let sizes = heap.attribute("sizes", of: chunk).flatMap({ heap.sizes(at: $0) })
      else { throw error(.damaged("not a chunk of a tensor"), name) }
      guard let place = places[Index(name: Array(name.utf8), offsets: offsets)] else {
        throw error(.damaged("no file holds the chunk at \(offsets)"), name)
      }
      chunks.append(Chunk(offsets: offsets, sizes: sizes, place: place))
    }
    guard Self.cover(chunks, shape) else {
      throw error(.damaged("chunks that are not the whole tensor, each element once"), name)
    }
    return Tensor(tensor: description, keys: keys, chunks: chunks)
  }

  /// Whether boxes hold each element of a shape once.
  private static func cover(_ chunks: [Chunk], _ shape: [Int]) -> Bool {
    var count = 0
    for chunk in chunks {
      guard chunk.offsets.count == shape.count, chunk.sizes.count == shape.count else {
        return false
      }
      var volume = 1
      for (axis, length) in shape.enumerated() {
        guard chunk.offsets[axis] <= length, chunk.sizes[axis] <= length - chunk.offsets[axis]
        else { return false }
        // At most that of the shape, which was checked.
        volume *= chunk.sizes[axis]
      }
      count += volume
    }
    guard count == shape.reduce(1, *) else { return false }
    let full = chunks.filter { !$0.sizes.contains(0) }
    for (index, one) in full.enumerated() {
      for other in full[..<index] {
        let isApart = shape.indices.contains {
          one.offsets[$0] + one.sizes[$0] <= other.offsets[$0]
            || other.offsets[$0] + other.sizes[$0] <= one.offsets[$0]
        }
        guard isApart else { return false }
      }
    }
    return true
  }
}

extension PickleHeap {
  /// The full name of the class that an object is of; nil for what isn't an object.
  func className(of place: Int) -> String? {
    if case .call(let function, _) = self[place] { globalName(function) } else { nil }
  }

  /// An attribute that the state of an object gives it.
  func attribute(_ name: String, of place: Int) -> Int? {
    state(of: place).flatMap { value(name, in: $0) }
  }

  /// The value of a key that is text; of equal keys the last.
  func value(_ name: String, in dictionary: Int) -> Int? {
    pairs(dictionary)?.last { text($0.key)?.utf8.elementsEqual(name.utf8) ?? false }?.value
  }

  /// The lengths in a `torch.Size`; nil for anything else, and for negative ones.
  func sizes(at place: Int) -> [Int]? {
    guard case .call(let function, let arguments) = self[place],
      globalName(function) == "torch.Size", let list = elements(arguments)?.first
    else { return nil }
    let sizes = elements(list)?.map { integer($0) ?? -1 }
    return sizes.flatMap { $0.allSatisfy { $0 >= 0 } ? $0 : nil }
  }
}
