internal import CGobbetKernels
internal import GobbetData

extension Precision {
  /// What a matrix of the file is in memory.
  ///
  /// Blocks lie along the inputs, so that only rows of outputs have them whole.
  func element(
    of tensor: TensorDescription, _ order: PackedMatrix.Order
  ) -> gobbet_element {
    switch self {
    case .float32: gobbet_float32
    case .bfloat16: gobbet_bfloat16
    case .int8: gobbet_int8
    case .stored: tensor.elementType.storedElement(order) ?? gobbet_float32
    }
  }
}

extension ElementType {
  /// How kernels call weights of this type; nil if they do not compute with them as they are.
  fileprivate func storedElement(_ order: PackedMatrix.Order) -> gobbet_element? {
    switch self {
    case .float16: return gobbet_stored_float16
    case .bfloat16: return gobbet_stored_bfloat16
    default: break
    }
    guard order == .byOutput else { return nil }
    return switch self {
    case .q4_0: gobbet_q4_0
    case .q4_1: gobbet_q4_1
    case .q5_0: gobbet_q5_0
    case .q5_1: gobbet_q5_1
    case .q8_0: gobbet_q8_0
    case .q4_K: gobbet_q4_k
    case .q5_K: gobbet_q5_k
    case .q6_K: gobbet_q6_k
    case .mxfp4: gobbet_mxfp4
    default: nil
    }
  }
}
