/// Eight elements at a time, which every machine works on together.
enum EightFloats {
  /// All elements of a block.
  static func all(of floats: Span<Float>) -> [SIMD8<Float>] {
    stride(from: 0, to: floats.count, by: 8).map { start in
      var group = SIMD8<Float>()
      for index in 0..<8 { group[index] = floats[start + index] }
      return group
    }
  }

  /// The nearest whole numbers in a range that ends far below 2^22; of two the even one.
  @inline(__always)
  static func levels(
    _ values: SIMD8<Float>, _ least: Float, _ most: Float
  ) -> SIMD8<Float> {
    // Beside this number floats are 1 apart, so that the sum is rounded.
    let large = SIMD8<Float>(repeating: 0x1.8p23)
    // `clamped` is a call for each element.
    let limited = values.replacing(with: least, where: values .< least)
      .replacing(with: most, where: values .> most)
    return (limited + large) - large
  }

  /// The sum, in an order that is the same on every machine.
  @inline(__always)
  static func sum(_ values: SIMD8<Float>) -> Float {
    ((values[0] + values[4]) + (values[2] + values[6]))
      + ((values[1] + values[5]) + (values[3] + values[7]))
  }
}

/// The scale of 16 elements whose levels are from -32 to 31.
struct SymmetricFit {
  private let groups: ArraySlice<SIMD8<Float>>
  /// The scale, of either sign.
  private(set) var scale: Float = 0
  /// The scale in units of the block's, once it is known.
  private(set) var code: Int8 = 0
  /// What the scale takes off the sum of squares.
  private var gain: Float = 0

  /// The best of several scales.
  init(_ groups: ArraySlice<SIMD8<Float>>) {
    self.groups = groups
    var furthest: Float = 0
    for group in groups {
      for index in 0..<8 where abs(group[index]) > abs(furthest) { furthest = group[index] }
    }
    // A scale of 16 bits for less is zero.
    guard abs(furthest) > 0x1p-40 else { return }
    // The element that is furthest from zero becomes -32, or nearly, or 31.
    attempt(-32 / furthest)
    for step in 1...9 {
      attempt((-32 + 0.1 * Float(step)) / furthest)
      attempt((-32 - 0.1 * Float(step)) / furthest)
    }
    for step in -5...5 { attempt((31.3 + 0.1 * Float(step)) / furthest) }
    // Until the levels stay as they are.
    for _ in 0..<4 {
      let before = scale
      attempt(1 / before)
      if scale == before { break }
    }
  }

  /// Takes the scale of the levels that its inverse gives, if it is better by more than the rounding of
  /// sums.
  private mutating func attempt(_ inverse: Float) {
    var (products, squares) = (SIMD8<Float>(), SIMD8<Float>())
    for group in groups {
      let levels = EightFloats.levels(group * inverse, -32, 31)
      products += group * levels
      squares += levels * levels
    }
    let (product, square) = (EightFloats.sum(products), EightFloats.sum(squares))
    guard square > 0, product * product / square > gain * (1 + 0x1p-20) else { return }
    (scale, gain) = (product / square, product * product / square)
  }

  /// The same with the scale that is the best of the whole multiples of `unit` around it.
  func coded(in unit: Float) -> Self {
    var best = self
    (best.scale, best.code) = (0, 0)
    guard unit != 0 else { return best }
    let nearest = Int(min(max((scale / unit).rounded(.toNearestOrEven), -128), 127))
    var least = Float.infinity
    for code in [nearest, nearest - 1, nearest + 1] where (-128...127).contains(code) {
      var attempt = self
      (attempt.scale, attempt.code) = (unit * Float(code), Int8(code))
      let error = attempt.error
      if error < least { (best, least) = (attempt, error) }
    }
    return best
  }

  /// The levels of eight of the elements.
  func levels(of group: Int) -> SIMD8<Float> {
    EightFloats.levels(groups[groups.startIndex + group] * inverse, -32, 31)
  }

  private var inverse: Float { BlockQuantizers.inverse(scale) }

  /// The squared error of the nearest levels.
  private var error: Float {
    var sum = SIMD8<Float>()
    for group in groups {
      let error = group - EightFloats.levels(group * inverse, -32, 31) * scale
      sum += error * error
    }
    return EightFloats.sum(sum)
  }
}

/// Eight parts of 32 elements, each with a scale and a minimum of 6 bits that have a scale each.
struct FittedParts {
  /// The levels of all elements.
  private(set) var levels = [UInt8](repeating: 0, count: 256)
  private var scales = [UInt8](repeating: 0, count: 8)
  private var minima = [UInt8](repeating: 0, count: 8)
  private let scaleBits: UInt16
  private let minimumBits: UInt16

  /// Fits 256 elements with levels from 0 to `most`.
  init(_ groups: [SIMD8<Float>], most: Float) {
    let fits = (0..<8).map { LinearFit(groups[(4 * $0)..<(4 * $0 + 4)], most: most) }
    scaleBits = FloatConversion.float16(fits.reduce(0) { max($0, $1.scale) } / 63)
    minimumBits = FloatConversion.float16(fits.reduce(0) { max($0, $1.minimum) } / 63)
    let unit = QuantizedBlocks.half(of: scaleBits)
    let minimumUnit = QuantizedBlocks.half(of: minimumBits)
    guard unit.isFinite, minimumUnit.isFinite else { return }
    for (part, fit) in fits.enumerated() {
      let code = Self.code(fit.scale, unit)
      let minimumCode = Self.code(fit.minimum, minimumUnit)
      var (best, least) = (fit, Float.infinity)
      for scale in [code, code - 1, code + 1] where (0...63).contains(scale) {
        for minimum in [minimumCode, minimumCode - 1, minimumCode + 1]
        where (0...63).contains(minimum) {
          var attempt = fit
          attempt.scale = unit * Float(scale)
          attempt.minimum = minimumUnit * Float(minimum)
          let error = attempt.error
          guard error < least else { continue }
          (best, least) = (attempt, error)
          (scales[part], minima[part]) = (UInt8(scale), UInt8(minimum))
        }
      }
      for index in 0..<32 {
        levels[32 * part + index] = UInt8(best.levels(of: index / 8)[index % 8])
      }
    }
  }

  private static func code(_ value: Float, _ unit: Float) -> Int {
    unit == 0 ? 0 : Int(min(63, (value / unit).rounded(.toNearestOrEven)))
  }

  /// Appends both scales and the 12 bytes of the parts' scales and minima; false if one is not finite.
  func appendScales(_ bytes: inout [UInt8]) -> Bool {
    BlockQuantizers.append(scaleBits, &bytes)
    BlockQuantizers.append(minimumBits, &bytes)
    for part in 0..<4 { bytes.append(scales[part] | (scales[part + 4] >> 4) << 6) }
    for part in 0..<4 { bytes.append(minima[part] | (minima[part + 4] >> 4) << 6) }
    for part in 4..<8 { bytes.append(scales[part] & 0xF | minima[part] << 4) }
    return scaleBits & 0x7C00 != 0x7C00 && minimumBits & 0x7C00 != 0x7C00
  }
}

/// A scale and a minimum of 32 elements, neither below zero: an element is a level times the one, less
/// the other.
private struct LinearFit {
  private let groups: ArraySlice<SIMD8<Float>>
  private let most: Float
  var scale: Float = 0
  var minimum: Float = 0

  /// The best of several.
  init(_ groups: ArraySlice<SIMD8<Float>>, most: Float) {
    self.groups = groups
    self.most = most
    var (low, high) = (Float(0), -Float.infinity)
    for group in groups {
      low = min(low, group.min())
      high = max(high, group.max())
    }
    minimum = -low
    // A scale of 16 bits for less is zero.
    guard high - low > 0x1p-40 else { return }
    scale = (high - low) / most
    let first = self
    var least = error
    for step in -10...12 {
      var attempt = first
      attempt.scale = (high - low) / (most + 0.1 * Float(step))
      take(attempt.improved, &least)
    }
    for _ in 0..<4 {
      let before = least
      take(improved, &least)
      if least == before { break }
    }
  }

  /// Becomes `other`, if that has a smaller error.
  private mutating func take(_ other: Self, _ least: inout Float) {
    let error = other.error
    if error < least { (self, least) = (other, error) }
  }

  /// The levels of eight of the elements.
  func levels(of group: Int) -> SIMD8<Float> { levels(groups[groups.startIndex + group]) }

  @inline(__always)
  private func levels(_ group: SIMD8<Float>) -> SIMD8<Float> {
    EightFloats.levels((group + minimum) * inverse, 0, most)
  }

  private var inverse: Float { BlockQuantizers.inverse(scale) }

  /// The squared error of the elements at their nearest levels.
  var error: Float {
    var sum = SIMD8<Float>()
    for group in groups {
      let error = group - (levels(group) * scale - minimum)
      sum += error * error
    }
    return EightFloats.sum(sum)
  }

  /// Least squares for the levels that this fit gives.
  private var improved: Self {
    var sums = (
      levels: SIMD8<Float>(), squares: SIMD8<Float>(), products: SIMD8<Float>(),
      values: SIMD8<Float>()
    )
    for group in groups {
      let levels = levels(group)
      sums.levels += levels
      sums.squares += levels * levels
      sums.products += levels * group
      sums.values += group
    }
    let (levels, squares) = (EightFloats.sum(sums.levels), EightFloats.sum(sums.squares))
    let (products, values) = (EightFloats.sum(sums.products), EightFloats.sum(sums.values))
    let determinant = 32 * squares - levels * levels
    guard determinant > 0 else { return self }
    var better = self
    let offset = (squares * values - levels * products) / determinant
    better.minimum = max(0, -offset)
    better.scale = max(
      0,
      offset > 0 ? products / squares : (32 * products - levels * values) / determinant)
    return better
  }
}
