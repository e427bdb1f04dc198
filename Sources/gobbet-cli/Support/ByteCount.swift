/// A number of bytes on the command line: 4096, 64k, 256M, 4G, the letters standing for powers
/// of 1,024.
struct ByteCount: Sendable {
  let value: Int

  init?(argument: String) {
    let exponents: [Character: Int] = ["k": 10, "K": 10, "M": 20, "G": 30, "T": 40]
    let exponent = argument.last.flatMap { exponents[$0] }
    guard let number = Int(exponent == nil ? argument[...] : argument.dropLast()), number > 0 else {
      return nil
    }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: 1 << (exponent ?? 0))
    guard !isTooLarge else { return nil }
    value = product
  }
}
