internal import GobbetData

/// What is in front of the tensors' data in a GGUF file, checked.
struct GGUFHeader {
  private(set) var values: [(key: String, value: GGUFValue)] = []
  /// The tensors and where their data begins in the file.
  private(set) var tensors: [(tensor: TensorDescription, offset: Int)] = []
  private(set) var types: [GGUFType] = []

  /// More elements are refused: in memory they take many times what they take in the file.
  private static let maximumElementCount = 1 << 24
  private static let maximumNameByteCount = 1 << 16

  /// Reads the front of `file`.
  ///
  /// - Throws: `FileError`; ``InterchangeError``.
  init(_ file: OpenFile) throws {
    var fields = FieldReader(file)
    guard try fields.bytes(4, "magic").elementsEqual("GGUF".utf8) else {
      throw InterchangeError(.damaged("not GGUF"), path: file.path, offset: 0, field: "magic")
    }
    let version = try fields.integer(UInt32.self, "version")
    guard version == 2 || version == 3 else {
      let what = version & 0xFFFF == 0 ? "big-endian files" : "version \(version)"
      throw InterchangeError(.unsupported(what), path: file.path, offset: 4, field: "version")
    }
    // A tensor takes a name's length, a number of axes, a type and an offset; a value takes a key's
    // length, a type and a byte.
    let tensorCount = try fields.count(of: 24, "tensor_count")
    let valueCount = try fields.count(of: 13, "metadata_kv_count")
    try readValues(valueCount, &fields)
    let alignment = try alignment(fields)
    try readTensors(tensorCount, alignment, &fields)
  }

  private mutating func readValues(_ count: Int, _ fields: inout FieldReader) throws {
    var elementCount = 0
    var keys: Set<[UInt8]> = []
    for _ in 0..<count {
      let key = try Self.string(&fields, "metadata key", limit: Self.maximumNameByteCount)
      let typeCode = try fields.integer(UInt32.self, key)
      let value = try Self.value(typeCode, &fields, key, &elementCount)
      guard keys.insert(Array(key.utf8)).inserted else {
        throw fields.error(.damaged("the key is there twice"), key)
      }
      values.append((key, value))
    }
  }

  private static func string(
    _ fields: inout FieldReader, _ field: String, limit: Int = .max
  ) throws -> String {
    let count = try fields.count(of: 1, field)
    guard count <= limit else { throw fields.error(.damaged("\(count) bytes long"), field) }
    let bytes = try fields.bytes(count, field)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw fields.error(.damaged("not UTF-8"), field)
    }
    return string
  }

  private static func value(
    _ typeCode: UInt32, _ fields: inout FieldReader, _ key: String, _ elementCount: inout Int,
    isElement: Bool = false
  ) throws -> GGUFValue {
    switch typeCode {
    case 0: return .uint8(try fields.integer(UInt8.self, key))
    case 1: return .int8(try fields.integer(Int8.self, key))
    case 2: return .uint16(try fields.integer(UInt16.self, key))
    case 3: return .int16(try fields.integer(Int16.self, key))
    case 4: return .uint32(try fields.integer(UInt32.self, key))
    case 5: return .int32(try fields.integer(Int32.self, key))
    case 6: return .float32(Float(bitPattern: try fields.integer(UInt32.self, key)))
    case 7:
      let byte = try fields.integer(UInt8.self, key)
      guard byte <= 1 else { throw fields.error(.damaged("\(byte) is no truth value"), key) }
      return .bool(byte == 1)
    case 8: return .string(try string(&fields, key))
    case 10: return .uint64(try fields.integer(UInt64.self, key))
    case 11: return .int64(try fields.integer(Int64.self, key))
    case 12: return .float64(Double(bitPattern: try fields.integer(UInt64.self, key)))
    case 9 where !isElement:
      let elementType = try fields.integer(UInt32.self, key)
      guard let size = GGUFValue.minimumByteCount(elementType) else {
        throw fields.error(.damaged("elements of type \(elementType)"), key)
      }
      let count = try fields.count(of: size, key)
      elementCount += count
      guard elementCount <= maximumElementCount else {
        throw fields.error(.unsupported("more than \(maximumElementCount) elements"), key)
      }
      let elements = try (0..<count).map { _ in
        try value(elementType, &fields, key, &elementCount, isElement: true)
      }
      return .array(elementType: elementType, elements)
    case 9: throw fields.error(.unsupported("an array of arrays"), key)
    default: throw fields.error(.damaged("a value of type \(typeCode)"), key)
    }
  }

  private func alignment(_ fields: FieldReader) throws(InterchangeError) -> Int {
    let key = "general.alignment"
    guard let value = values.first(where: { $0.key.utf8.elementsEqual(key.utf8) })?.value else {
      return 32
    }
    guard let size = value.size, size > 0, size <= 1 << 20, size & (size - 1) == 0 else {
      throw fields.error(.damaged("\(value.text) is no alignment"), key)
    }
    return size
  }

  private mutating func readTensors(
    _ count: Int, _ alignment: Int, _ fields: inout FieldReader
  ) throws {
    var offsets: [UInt64] = []
    var names: Set<[UInt8]> = []
    for _ in 0..<count {
      let name = try Self.string(&fields, "tensor name", limit: Self.maximumNameByteCount)
      guard names.insert(Array(name.utf8)).inserted else {
        throw fields.error(.damaged("the name is there twice"), name)
      }
      let rank = try fields.integer(UInt32.self, name)
      guard rank <= 4 else { throw fields.error(.damaged("\(rank) axes"), name) }
      // The innermost axis comes first in the file.
      var shape: [Int] = []
      for _ in 0..<rank {
        let length = try fields.integer(UInt64.self, name)
        guard let length = Int(exactly: length) else {
          throw fields.error(.damaged("an axis of \(length)"), name)
        }
        shape.insert(length, at: 0)
      }
      let code = try fields.integer(UInt32.self, name)
      guard let type = GGUFType(rawValue: code) else {
        let typeName = GGUFType.otherNames[code] ?? "\(code)"
        throw fields.error(.unsupported("elements of type \(typeName)"), name)
      }
      do {
        let tensor = try TensorDescription(
          name: name, elementType: type.elementType, shape: shape)
        tensors.append((tensor, 0))
      } catch {
        throw fields.error(.tensor(error), name)
      }
      types.append(type)
      offsets.append(try fields.integer(UInt64.self, name))
    }
    try place(offsets, alignment, fields)
  }

  /// Tensors must follow each other, each at the next multiple of the alignment, up to the end.
  private mutating func place(
    _ offsets: [UInt64], _ alignment: Int, _ fields: FieldReader
  ) throws(InterchangeError) {
    func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }
    let dataStart = aligned(fields.offset)
    let available = max(fields.file.byteCount - dataStart, 0)
    var end = 0
    for index in tensors.indices {
      let tensor = tensors[index].tensor
      let start = aligned(end)
      guard offsets[index] == UInt64(start) else {
        throw fields.error(.damaged("data at \(offsets[index]), not at \(start)"), tensor.name)
      }
      guard let byteCount = types[index].storedByteCount(of: tensor) else {
        throw fields.error(.damaged("rows that are no whole blocks"), tensor.name)
      }
      guard byteCount <= available - min(start, available) else {
        throw fields.error(.damaged("the file ends inside"), tensor.name)
      }
      end = start + byteCount
      tensors[index].offset = dataStart + start
    }
    guard available <= aligned(end) else {
      throw fields.error(.damaged("\(available - end) bytes behind the last tensor"), "data")
    }
  }
}
