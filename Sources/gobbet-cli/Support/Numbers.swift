import ArgumentParser

// How numbers are read from the command line. Every option that takes a number names its range here,
// and what is outside, or no number, is refused in one line that says which numbers are taken. Such
// options read the next argument whatever it looks like (`unconditional`), so that -1 is a number.

/// Why a value is refused: what would be taken.
private struct OutOfRange: Error, CustomStringConvertible {
  let description: String

  init(_ kind: String, _ lower: String, _ upper: String) {
    description = "not a \(kind) from \(lower) to \(upper)"
  }

  init(_ description: String) { self.description = description }
}

/// The kinds of numbers that options take.
enum Number {
  /// Reads a whole number in `range`.
  static func whole<Value: FixedWidthInteger & Sendable>(
    _ range: ClosedRange<Value>
  ) -> @Sendable (String) throws -> Value {
    { argument in
      guard let value = Value(argument), range.contains(value) else {
        throw OutOfRange(
          "whole number", grouped(range.lowerBound), grouped(range.upperBound))
      }
      return value
    }
  }

  /// Reads a whole number that is a multiple of `factor`, in `range`.
  static func multiple(of factor: Int, _ range: ClosedRange<Int>)
    -> @Sendable (String) throws -> Int
  {
    { argument in
      guard let value = Int(argument), range.contains(value), value.isMultiple(of: factor) else {
        throw OutOfRange(
          "multiple of \(factor)", grouped(range.lowerBound), grouped(range.upperBound))
      }
      return value
    }
  }

  /// Reads a number in `range`.
  static func real<Value: BinaryFloatingPoint & LosslessStringConvertible & Sendable>(
    _ range: ClosedRange<Value>
  ) -> @Sendable (String) throws -> Value {
    { argument in
      // A comparison with NaN is false.
      guard let value = Value(argument), range.contains(value) else {
        throw OutOfRange("number", shown(range.lowerBound), shown(range.upperBound))
      }
      return value
    }
  }

  /// Reads 0, or a number in `range`.
  static func zeroOr(_ range: ClosedRange<Float>) -> @Sendable (String) throws -> Float {
    { argument in
      guard let value = Float(argument), value == 0 || range.contains(value) else {
        throw OutOfRange(
          "not 0 or a number from \(shown(range.lowerBound)) to \(shown(range.upperBound))")
      }
      return value
    }
  }

  /// Reads a share of a whole: 0 to below 1.
  @Sendable static func share(_ argument: String) throws -> Double {
    guard let value = Double(argument), (0..<1).contains(value) else {
      throw OutOfRange("not a number from 0 to below 1")
    }
    return value
  }

  /// Reads a number of bytes, as 4096, 64k, 256M or 4G, the letters standing for powers of 1,024: from
  /// `least` to 1,024T.
  static func bytes(atLeast least: Int = 1) -> @Sendable (String) throws -> ByteCount {
    { argument in
      guard let count = ByteCount(argument: argument), (least...1 << 50).contains(count.value)
      else {
        throw OutOfRange("number of bytes", least == 1 << 20 ? "1M" : grouped(least), "1024T")
      }
      return count
    }
  }

  /// Reads a number of things, as 1000, 64k, 100M or 1G, the letters standing for powers of 1,000: from
  /// 1 to 1,000,000G.
  @Sendable static func quantity(_ argument: String) throws -> Quantity {
    guard let quantity = Quantity(argument: argument), quantity.value <= 1_000_000_000_000_000
    else {
      throw OutOfRange("number", "1", "1000000G")
    }
    return quantity
  }

  /// Reads a half-open range of indices, such as 50..<54.
  @Sendable static func indices(_ argument: String) throws -> IndexRange {
    guard let range = IndexRange(argument: argument) else {
      throw OutOfRange("not a range of indices, such as 50..<54")
    }
    return range
  }
}

private func grouped(_ number: some FixedWidthInteger) -> String {
  // UInt64's largest isn't an Int.
  Int(exactly: number)?.grouped ?? "\(number)"
}

/// 0.001, 1,000, and 1e-30 for what is very small.
private func shown(_ number: some BinaryFloatingPoint & LosslessStringConvertible) -> String {
  Int(exactly: number)?.grouped ?? number.description
}
