public import GobbetData
internal import GobbetSystem

/// Writes GGUF files, version 3, that llama.cpp and `gguf` read.
public enum GGUFWriter {
  /// Writes everything in `source` to a file at `path`, a piece at a time; `progress` hears of every
  /// piece how many bytes of the source are written.
  ///
  /// Data is aligned to 32 bytes, or to what `values` say under `general.alignment`. With a `type`,
  /// matrices of floats are stored as that; vectors of floats then are `float32`, as llama.cpp wants
  /// them. Matrices whose rows aren't whole blocks get the type that llama.cpp gives them: Q5_0 for
  /// Q4_K, Q5_1 for Q5_K, Q8_0 for Q6_K, else `float16`. Without a `type` every tensor keeps its
  /// elements, and its blocks.
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) for a tensor of a type, rank or
  ///   name that the format lacks, for a `type` that is read only, and for elements that its blocks have
  ///   no place for: NaN, infinities, and those whose scale is one; what the source throws.
  public static func write(
    _ source: some TensorSource, to path: String, values: [(key: String, value: GGUFValue)],
    as type: GGUFType? = nil, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    try write(
      source, to: path, values: values, storing: type.map(StoredElements.matrices) ?? .kept,
      replacing: replacing, progress: progress)
  }

  /// The same with elements as `stored` says; unless they are kept, vectors of floats are `float32`.
  package static func write(
    _ source: some TensorSource, to path: String, values: [(key: String, value: GGUFValue)],
    storing stored: StoredElements, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    var types = try stored.types(of: source.tensors, path: path)
    for (index, tensor) in source.tensors.enumerated()
    where stored != .kept && tensor.shape.count < 2
      && FloatConversion(reading: tensor.elementType) != nil
    {
      types[index] = .float32
    }
    let entries = try zip(source.tensors, types).map { tensor, type in
      Entry(tensor: tensor, type: try storedType(of: tensor, as: type, path))
    }
    let names = Dictionary(
      entries.map { (Array($0.tensor.name.utf8), $0.type.elementType) },
      uniquingKeysWith: { first, _ in first })
    let stored = try ConvertedWeights(source) { names[Array($0.name.utf8)] ?? $0.elementType }
    let alignment = try alignment(values, path)
    let header = try header(entries, values, alignment, path)
    let sink = FileSink(
      stored.tensors, try newFile(path, beginningWith: header, replacing: replacing)
    ) { -$1 & (alignment - 1) }
    // Progress is told in bytes of the source.
    let (all, total) = (Self.byteCount(stored.tensors), Self.byteCount(source.tensors))
    do {
      try stored.write(to: sink) { byteCount in
        try progress(Int(Double(byteCount) / Double(max(1, all)) * Double(total)))
      }
    } catch let error as TensorError {
      guard case .notRepresentable(let type) = error.code else { throw error }
      throw InterchangeError(
        .notRepresentable(
          "NaN, an infinity or numbers too large for blocks of type "
            + (GGUFType(type)?.name ?? type.name)), path: path, field: error.tensor)
    }
  }

  /// Writes a file of values without tensors.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) for a value that GGUF cannot hold.
  static func write(
    _ values: [(key: String, value: GGUFValue)], to path: String, replacing: Bool
  ) throws {
    let header = try header([], values, alignment(values, path), path)
    try writeWholeFile(header, to: path, replacing: replacing)
  }

  private static func byteCount(_ tensors: [TensorDescription]) -> Int {
    tensors.reduce(0) { $0 + $1.byteCount }
  }

  private struct Entry {
    let tensor: TensorDescription
    let type: GGUFType
  }

  /// What data is aligned to.
  private static func alignment(
    _ values: [(key: String, value: GGUFValue)], _ path: String
  ) throws(InterchangeError) -> Int {
    let key = "general.alignment"
    guard let value = values.first(where: { $0.key.utf8.elementsEqual(key.utf8) })?.value else {
      return 32
    }
    guard case .uint32(let size) = value, size > 0, size <= 1 << 20, size & (size - 1) == 0 else {
      throw InterchangeError(
        .notRepresentable("an alignment of \(value.text)"), path: path, field: key)
    }
    return Int(size)
  }

  private static func storedType(
    of tensor: TensorDescription, as elementType: ElementType, _ path: String
  ) throws(InterchangeError) -> GGUFType {
    guard tensor.shape.count <= 4, tensor.name.utf8.count < 64 else {
      throw InterchangeError(
        .notRepresentable("more than 4 axes, or a name of 64 bytes"), path: path,
        field: tensor.name)
    }
    guard let type = GGUFType(elementType) else {
      throw InterchangeError(
        .notRepresentable("elements of type \(elementType.name)"), path: path,
        field: tensor.name)
    }
    return type
  }

  private static func header(
    _ entries: [Entry], _ values: [(key: String, value: GGUFValue)], _ alignment: Int,
    _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    func aligned(_ count: Int) -> Int { (count + alignment - 1) & ~(alignment - 1) }
    var header = Array("GGUF".utf8)
    header.append(littleEndian: UInt32(3))
    header.append(littleEndian: UInt64(entries.count))
    header.append(littleEndian: UInt64(values.count))
    var keys: Set<[UInt8]> = []
    for (key, value) in values {
      guard keys.insert(Array(key.utf8)).inserted else {
        throw InterchangeError(.notRepresentable("a key twice"), path: path, field: key)
      }
      header.append(counted: key)
      header.append(littleEndian: value.typeCode)
      try header.append(value, path, key)
    }
    var offset = 0
    for entry in entries {
      header.append(counted: entry.tensor.name)
      header.append(littleEndian: UInt32(entry.tensor.shape.count))
      for length in entry.tensor.shape.reversed() { header.append(littleEndian: UInt64(length)) }
      header.append(littleEndian: entry.type.rawValue)
      header.append(littleEndian: UInt64(offset))
      offset += aligned(entry.type.storedByteCount(of: entry.tensor) ?? 0)
    }
    header.append(contentsOf: repeatElement(0, count: aligned(header.count) - header.count))
    return header
  }
}

extension [UInt8] {
  fileprivate mutating func append(counted string: String) {
    append(littleEndian: UInt64(string.utf8.count))
    append(contentsOf: string.utf8)
  }

  fileprivate mutating func append(
    _ value: GGUFValue, _ path: String, _ key: String
  ) throws(InterchangeError) {
    switch value {
    case .uint8(let value): append(value)
    case .int8(let value): append(UInt8(bitPattern: value))
    case .uint16(let value): append(littleEndian: value)
    case .int16(let value): append(littleEndian: value)
    case .uint32(let value): append(littleEndian: value)
    case .int32(let value): append(littleEndian: value)
    case .float32(let value): append(littleEndian: value.bitPattern)
    case .bool(let value): append(value ? 1 : 0)
    case .string(let value): append(counted: value)
    case .uint64(let value): append(littleEndian: value)
    case .int64(let value): append(littleEndian: value)
    case .float64(let value): append(littleEndian: value.bitPattern)
    case .array(let elementType, let elements):
      append(littleEndian: elementType)
      append(littleEndian: UInt64(elements.count))
      for element in elements {
        guard element.typeCode == elementType else {
          throw InterchangeError(.notRepresentable("a mixed array"), path: path, field: key)
        }
        try append(element, path, key)
      }
    }
  }
}
