internal import GobbetData
internal import GobbetSystem

/// A tensor of a checkpoint, and where its elements lie in a storage.
struct PyTorchTensor: Sendable {
  let tensor: TensorDescription
  /// The name of its storage.
  let storage: String
  /// Elements of the storage in front of the first.
  let offset: Int
  /// Elements from one index of an axis to the next.
  let strides: [Int]
  /// Why the tensor cannot be read, which has no elements then; nil for one that can.
  var fault: InterchangeError?

  /// Whether the elements lie side by side, row-major.
  var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(tensor.shape, strides).reversed() {
      if length > 1, stride != expected { return false }
      expected *= length
    }
    return true
  }

  /// Elements from the first to past the last; 0 if there are none.
  ///
  /// Nil for strides that are negative, or reach further than integers do.
  var span: Int? {
    guard tensor.elementCount > 0 else { return 0 }
    var last = 0
    for (length, stride) in zip(tensor.shape, strides) {
      let (reach, overflow) = (length - 1).multipliedReportingOverflow(by: stride)
      guard stride >= 0, !overflow else { return nil }
      let sum = last.addingReportingOverflow(reach)
      guard !sum.overflow else { return nil }
      last = sum.partialValue
    }
    return last == .max ? nil : last + 1
  }
}

/// Finds the tensors in what a pickle holds.
struct PyTorchTensors {
  private let heap: PickleHeap
  private let path: String
  private let field: String

  init(_ heap: PickleHeap, path: String, field: String) {
    self.heap = heap
    self.path = path
    self.field = field
  }

  /// What wraps the weights in the checkpoints of training programs.
  private static let wrappers = ["model", "state_dict", "model_state_dict", "module", "weights"]
  private static let maximumCount = 1 << 20

  /// The element types of storages, by the names of PyTorch's classes and types.
  private static let types: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    "ComplexFloatStorage": .complex64, "float8_e4m3fn": .float8E4M3, "float8_e5m2": .float8E5M2,
    "float8_e8m0fnu": .float8E8M0, "float8_e4m3fnuz": .float8E4M3FNUZ,
    "float8_e5m2fnuz": .float8E5M2FNUZ, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
  ]

  /// The element type that PyTorch calls so, or keeps in a storage of that class.
  static func elementType(named name: String) -> ElementType? {
    guard name.hasPrefix("torch."), let last = name.split(separator: ".").last else { return nil }
    return types[String(last)] ?? dtypes[String(last)]
  }

  /// Functions and classes that are understood, beside storages and types.
  private static let understood: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "torch.Tensor",
    "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch._tensor._rebuild_from_type_v2", "torch.storage.UntypedStorage",
  ]

  /// The names in the pickle that stand for values which nothing here understands, sorted.
  var opaqueNames: [String] {
    heap.globalNames { Self.understood.contains($0) || Self.elementType(named: $0) != nil }
  }

  /// Types by the names that those with a storage class of their own have elsewhere.
  private static let dtypes: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8, "uint8": .uint8,
    "bool": .bool, "complex64": .complex64,
  ]

  /// The bytes of an element of every storage that a pickle names, by the storages' names.
  static func storageWidths(in heap: PickleHeap) -> [[UInt8]: Int] {
    var widths: [[UInt8]: Int] = [:]
    for place in heap.values.indices {
      guard case .persistent(let identity) = heap[place], let parts = heap.elements(identity),
        parts.count >= 3, let name = heap.text(parts[2]), let className = heap.globalName(parts[1])
      else { continue }
      // A storage of bytes counts bytes.
      let shortName = className.split(separator: ".").last.map(String.init) ?? ""
      widths[Array(name.utf8)] = (types[shortName]?.bitWidth ?? 8) / 8
    }
    return widths
  }

  /// The dictionary with the weights: the one in `root` that is called as training programs call it, or
  /// `root`, or the only one in it that has tensors; with a `key`, in the value that this leads to.
  ///
  /// A loss or a step may be a tensor beside the weights, so that names come before tensors of `root`.
  ///
  /// - Throws: `InterchangeError` if there is none, or more than one.
  func weights(
    in root: Int, key: String? = nil
  ) throws(InterchangeError) -> [(key: Int, value: Int)] {
    if let key { return try weights(in: try place(key, in: root)) }
    guard let pairs = heap.pairs(root) else {
      throw InterchangeError(
        .unsupported("\(kind(of: root)) where a dictionary of tensors is expected"), path: path,
        field: field)
    }
    let named = pairs.filter { pair in
      heap.text(pair.key).map(Self.wrappers.contains) ?? false
        && holdsTensors(heap.pairs(pair.value) ?? [])
    }
    if named.count == 1, let inner = heap.pairs(named[0].value) { return inner }
    if named.isEmpty, holdsTensors(pairs) { return pairs }
    var candidates: [(name: String, pairs: [(key: Int, value: Int)])] = []
    // Deeper where there is none that is nearer.
    var level: [(name: String, place: Int)] = [("", root)]
    for _ in 0..<Self.maximumDepth where candidates.isEmpty {
      var next: [(name: String, place: Int)] = []
      for (name, place) in level {
        for pair in heap.pairs(place) ?? [] {
          guard let key = heap.text(pair.key) ?? heap.integer(pair.key).map(String.init),
            let inner = heap.pairs(pair.value), next.count < Self.maximumDictionaryCount
          else { continue }
          let full = name.isEmpty ? key : "\(name).\(key)"
          if holdsTensors(inner) { candidates.append((full, inner)) }
          next.append((full, pair.value))
        }
      }
      level = next
    }
    let wrapped = candidates.filter { candidate in
      Self.wrappers.contains(
        candidate.name.split(separator: ".").last.map(String.init) ?? candidate.name)
    }
    let chosen = wrapped.count == 1 ? wrapped : candidates
    guard chosen.count == 1 else {
      let names = candidates.prefix(8).map(\.name).joined(separator: ", ")
      throw InterchangeError(
        candidates.isEmpty
          ? .unsupported("a checkpoint without a dictionary of tensors")
          : .unsupported(
            "several dictionaries of tensors (\(names)), of which no key names one; --key does"),
        path: path, field: field)
    }
    return chosen[0].pairs
  }

  /// Dictionaries in dictionaries are looked at so far down, and that many of a level.
  private static let maximumDepth = 4
  private static let maximumDictionaryCount = 1 << 12

  /// The value that `key` leads to: keys with dots between them, some of which may have dots themselves.
  private func place(_ key: String, in root: Int) throws(InterchangeError) -> Int {
    var place = root
    var rest = key[...]
    while !rest.isEmpty {
      var found: (name: String, place: Int)?
      for pair in heap.pairs(place) ?? [] {
        guard let name = heap.text(pair.key) ?? heap.integer(pair.key).map(String.init) else {
          continue
        }
        // The longest, and of equal ones the last.
        let fits = rest.utf8.elementsEqual(name.utf8) || rest.utf8.starts(with: "\(name).".utf8)
        if fits, name.utf8.count >= found?.name.utf8.count ?? 0 { found = (name, pair.value) }
      }
      if found == nil, let elements = heap.elements(place),
        let name = rest.split(separator: ".", maxSplits: 1).first, let index = Int(name),
        elements.indices.contains(index)
      {
        found = (String(name), elements[index])
      }
      guard let found else {
        let known = (heap.pairs(place) ?? []).prefix(8).compactMap { heap.text($0.key) }
        throw InterchangeError(
          .unsupported(
            "no \(rest) in this checkpoint; there "
              + (known.isEmpty ? "aren't keys" : "is " + known.joined(separator: ", "))),
          path: path, field: field)
      }
      place = found.place
      rest = Substring(rest.utf8.dropFirst(found.name.utf8.count))
      if rest.first == "." { rest = rest.dropFirst() }
    }
    return place
  }

  /// What is there, for an error.
  private func kind(of place: Int) -> String {
    if isTensor(place) { return "a tensor without a name" }
    if let name = heap.globalName(callee(place) ?? place) { return "an object of \(name)" }
    if heap.elements(place) != nil { return "a list" }
    return heap.text(place) != nil ? "a text" : "a number, or nothing,"
  }

  private func callee(_ place: Int) -> Int? {
    if case .call(let function, _) = heap[place] { function } else { nil }
  }

  private func holdsTensors(_ pairs: [(key: Int, value: Int)]) -> Bool {
    pairs.contains { isTensor($0.value) }
  }

  private func isTensor(_ place: Int) -> Bool {
    guard let name = callee(place).flatMap(heap.globalName) else { return false }
    return name.hasPrefix("torch._utils._rebuild_") || name.hasPrefix("torch._tensor._rebuild_")
  }

  /// The tensors of a dictionary by its keys, in order; of equal keys the last.
  ///
  /// Numbers, text and objects beside them aren't tensors, and are named by ``others(in:)``. A tensor that
  /// is not understood hinders only who reads it, unless there is no other.
  /// - Throws: `InterchangeError` with the name of a tensor that is damaged.
  func tensors(in pairs: [(key: Int, value: Int)]) throws(InterchangeError) -> [PyTorchTensor] {
    guard pairs.count <= Self.maximumCount else {
      throw InterchangeError(
        .unsupported("\(pairs.count.counted("tensor"))"), path: path, field: field)
    }
    var tensors: [PyTorchTensor] = []
    var places: [[UInt8]: Int] = [:]
    for (key, value) in pairs where isTensor(value) {
      guard let name = heap.text(key) ?? heap.integer(key).map(String.init) else {
        throw InterchangeError(.damaged("a key that is not text"), path: path, field: field)
      }
      let tensor = try readableOrNot(name, value)
      if let place = places[Array(name.utf8)] {
        tensors[place] = tensor
      } else {
        places[Array(name.utf8)] = tensors.count
        tensors.append(tensor)
      }
    }
    if let fault = tensors.first?.fault, tensors.allSatisfy({ $0.fault != nil }) { throw fault }
    return tensors
  }

  /// The tensor at `place`; one without elements if it is not understood.
  private func readableOrNot(
    _ name: String, _ place: Int
  ) throws(InterchangeError) -> PyTorchTensor {
    do {
      return try tensor(name, place)
    } catch {
      guard case .unsupported = error.code,
        let empty = try? TensorDescription(name: name, elementType: .uint8, shape: [0])
      else { throw error }
      return PyTorchTensor(tensor: empty, storage: "", offset: 0, strides: [1], fault: error)
    }
  }

  /// The keys beside the tensors of a dictionary, and beside the dictionary if it is in `root`.
  func others(in pairs: [(key: Int, value: Int)], _ root: Int) -> [String] {
    let inner = pairs.filter { !isTensor($0.value) }
    // A dictionary is known by its first value.
    func isChosen(_ place: Int) -> Bool { heap.pairs(place)?.first?.value == pairs.first?.value }
    func holds(_ place: Int, depth: Int) -> Bool {
      isChosen(place)
        || depth > 0 && (heap.pairs(place) ?? []).contains { holds($0.value, depth: depth - 1) }
    }
    let outer =
      isChosen(root)
      ? [] : (heap.pairs(root) ?? []).filter { !holds($0.value, depth: Self.maximumDepth) }
    return (inner + outer).map { heap.text($0.key) ?? "a key that is not text" }
  }

  /// The tensor that the value at `place` is.
  ///
  /// - Throws: `InterchangeError` with its name if it is none that is understood.
  func tensor(
    _ name: String, _ place: Int, depth: Int = 0
  ) throws(InterchangeError) -> PyTorchTensor {
    func error(_ code: InterchangeError.Code) -> InterchangeError {
      InterchangeError(code, path: path, field: name)
    }
    guard depth < 8, case .call(let function, let arguments) = heap[place],
      let kind = heap.globalName(function), let values = heap.elements(arguments)
    else { throw error(.damaged("not a tensor")) }
    switch kind {
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard let data = values.first else { throw error(.damaged("a parameter without data")) }
      return try tensor(name, data, depth: depth + 1)
    case "torch._tensor._rebuild_from_type_v2":
      // A function, the class of its result, its arguments and attributes.
      guard values.count >= 3, heap.globalName(values[1]).map({ $0.hasPrefix("torch.") }) ?? false,
        let function = heap.globalName(values[0])
      else { throw error(.unsupported("a tensor of a class that is not PyTorch's")) }
      return try tensor(name, function, values[2])
    default: return try tensor(name, kind, arguments)
    }
  }

  /// What `_rebuild_tensor_v2` and `_rebuild_tensor_v3` make of their arguments.
  private func tensor(
    _ name: String, _ function: String, _ place: Int
  ) throws(InterchangeError) -> PyTorchTensor {
    func error(_ code: InterchangeError.Code) -> InterchangeError {
      InterchangeError(code, path: path, field: name)
    }
    let isThird = function == "torch._utils._rebuild_tensor_v3"
    guard isThird || function == "torch._utils._rebuild_tensor_v2" else {
      throw error(.unsupported("a tensor made by \(function)"))
    }
    guard let values = heap.elements(place), values.count >= (isThird ? 7 : 6),
      case .persistent(let identity) = heap[values[0]], let storage = heap.elements(identity),
      storage.count >= 5, heap.text(storage[0]) == "storage",
      let className = heap.globalName(storage[1]), let key = heap.text(storage[2]),
      let offset = heap.integer(values[1]), offset >= 0,
      let shape = heap.elements(values[2])?.map({ heap.integer($0) ?? -1 }),
      let strides = heap.elements(values[3])?.map({ heap.integer($0) ?? -1 }),
      shape.count == strides.count
    else { throw error(.damaged("not the arguments of a tensor")) }
    // Lazy conjugation and negation.
    if let metadata = values.dropFirst(isThird ? 7 : 6).first, let pairs = heap.pairs(metadata),
      let flag = pairs.first.flatMap({ heap.text($0.key) })
    {
      throw error(.unsupported("a tensor that is a view by \(flag); save its resolve_\(flag)()"))
    }
    let typeName = isThird ? heap.globalName(values[6]) ?? "" : className
    guard let type = Self.elementType(named: typeName) else {
      throw error(.unsupported("elements of type \(typeName)"))
    }
    let tensor: TensorDescription
    do {
      tensor = try TensorDescription(name: name, elementType: type, shape: shape)
    } catch let reason {
      throw error(.tensor("\(reason)"))
    }
    let result = PyTorchTensor(tensor: tensor, storage: key, offset: offset, strides: strides)
    guard result.span != nil else { throw error(.damaged("strides of \(strides)")) }
    return result
  }
}
