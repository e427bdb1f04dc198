internal import GobbetData

extension ElementType {
  /// The element types that safetensors has too, by its names, in the order by which its writer sorts.
  ///
  /// - Source: safetensors 0.8.0.
  static let safetensors: [(name: String, type: ElementType)] = [
    ("BOOL", .bool), ("F4", .float4E2M1), ("F6_E2M3", .float6E2M3), ("F6_E3M2", .float6E3M2),
    ("U8", .uint8), ("I8", .int8), ("F8_E5M2", .float8E5M2), ("F8_E4M3", .float8E4M3),
    ("F8_E8M0", .float8E8M0), ("F8_E4M3FNUZ", .float8E4M3FNUZ), ("F8_E5M2FNUZ", .float8E5M2FNUZ),
    ("I16", .int16), ("U16", .uint16), ("F16", .float16), ("BF16", .bfloat16), ("I32", .int32),
    ("U32", .uint32), ("F32", .float32), ("C64", .complex64), ("F64", .float64), ("I64", .int64),
    ("U64", .uint64),
  ]
}

extension TensorDescription {
  /// Whether the elements fill whole bytes, without which the reference reader refuses a tensor.
  var hasWholeBytes: Bool {
    (elementCount % 8 * elementType.bitWidth).isMultiple(of: 8)
  }
}
