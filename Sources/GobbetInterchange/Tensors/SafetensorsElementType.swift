internal import GobbetData

extension ElementType {
  /// The element types that safetensors has too, by its names, in the order by which its writer sorts.
  static let safetensors: [(name: String, type: ElementType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("F8_E5M2", .float8E5M2),
    ("F8_E4M3", .float8E4M3), ("I16", .int16), ("U16", .uint16), ("F16", .float16),
    ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32), ("F64", .float64),
    ("I64", .int64), ("U64", .uint64),
  ]
}
