internal import CGobbetKernels

/// What the weights of a model become in memory.
///
/// Sums, norms and softmax are floats in all.
public enum Precision: Hashable, Sendable, CaseIterable {
  /// 32-bit floats: as the file says, or nearer to it than anything else.
  case float32
  /// 16-bit floats of 8 significant bits; keys, values and the inputs of products are rounded to the
  /// same.
  case bfloat16
  /// Blocks of 32 integers of 8 bits with a scale; the inputs of layers are rounded to integers of 16
  /// bits, and of 8 after attention and GELU; attention itself is as in `bfloat16`.
  case int8
  /// What the file has, matrix by matrix, never widened in memory.
  ///
  /// Floats of 16 bits give the bits of `float32`: they become floats of 32 in registers. Before the
  /// blocks of GGUF (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K and MXFP4) the inputs of layers are
  /// rounded to integers of 16 bits. All other weights, and attention, are as in `float32`.
  case stored

  /// As kernels call what the keys and values of such a model are stored as.
  var cacheCode: gobbet_element {
    switch self {
    case .float32, .stored: gobbet_float32
    case .bfloat16, .int8: gobbet_bfloat16
    }
  }
}
