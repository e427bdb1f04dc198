internal import CGobbetKernels

/// What the inputs of a linear layer are rounded to where its weights are integers of 8 bits.
///
/// With 8 bits a product takes little more than half the time, and has about the error of the weights
/// once more: of the four layers of a block the two that add to the residual stream can have it for
/// the divergence that is allowed, 5e-5 nats. On the small model of the tests it is 4.1e-5 with 16 bits
/// everywhere, 4.8e-5 with 8 bits in these two, and 5.4e-5 or more with 8 bits in front of the
/// feed-forward or the head alone.
enum InputRounding: Sendable {
  /// Integers of 16 bits with a scale for every row, which cost no precision to speak of.
  case sixteenBits
  /// Integers of 8 bits with a scale for every block: for inputs on both sides of zero.
  case eightBits
  /// The same, counted from the least of the row: for inputs that are hardly negative, as after GELU,
  /// which have nearly twice the precision so.
  case eightBitsUpwards

  /// As kernels call it.
  var code: gobbet_inputs {
    switch self {
    case .sixteenBits: gobbet_inputs_of_16_bits
    case .eightBits: gobbet_inputs_of_8_bits
    case .eightBitsUpwards: gobbet_inputs_of_8_bits_upwards
    }
  }
}
