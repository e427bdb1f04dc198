internal import GobbetSystem

/// A tensor that cannot be described, found or converted.
public struct TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// More than 8 axes, a negative length, or a size past 63 bits.
    case invalidShape([Int])
    /// The source has no tensor of that name.
    case missing
    /// Elements of this type have no conversion to or from `Float`.
    case notConvertible(ElementType)
    /// Blocks of this type have no place for the elements: NaN, infinities, or too large a scale.
    case notRepresentable(ElementType)
    /// A finite element that the type it is to become cannot hold.
    case overflow(index: Int, value: Double, ElementType)
    /// The source describes the tensor of that name otherwise.
    case otherDescription
    /// Data of another length than shape and type ask for.
    case wrongByteCount(expected: Int, found: Int)
    /// A part of a tensor that it does not have, or that begins inside a byte.
    case invalidSlice
    /// A second tensor of the same name.
    case duplicateName
    /// A name that files may not carry; the text says why.
    case illegalName(String)
  }

  /// What is wrong.
  public let code: Code
  /// The tensor's name.
  public let tensor: String

  /// Says what is wrong with which tensor.
  public init(_ code: Code, tensor: String) {
    self.code = code
    self.tensor = tensor
  }

  /// What blocks have no place for.
  private static let unfit = "NaN, an infinity or numbers too large for"

  /// One line for a terminal or a log.
  public var description: String {
    let what =
      switch code {
      case .invalidShape(let shape): "shape \(shape) is not one a tensor can have"
      case .missing: "no such tensor"
      case .notConvertible(let type): "\(type.name) elements do not convert to or from floats"
      case .notRepresentable(let type): "\(Self.unfit) blocks of type \(type.name)"
      case .overflow(let index, let value, let type):
        "element \(index) is \(value), which \(type.name) cannot hold; choose a wider type"
      case .otherDescription: "the source holds it with another type or shape"
      case .wrongByteCount(let expected, let found):
        "needs \(expected.counted("byte")), got \(found)"
      case .invalidSlice: "no such slice"
      case .duplicateName: "the name is taken"
      case .illegalName(let reason): reason
      }
    return "tensor \(tensor.cropped()): \(what)"
  }
}
