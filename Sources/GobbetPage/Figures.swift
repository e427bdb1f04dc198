internal import GobbetSystem

// Numbers as people read them, without Foundation.

extension BinaryInteger {
  /// The number in groups of three digits and what it counts: 1 token, 1,234 tokens.
  ///
  /// `plural` is the noun for every count but 1; by default `noun` with an s.
  public func inGroups(_ noun: String, plural: String? = nil) -> String {
    "\(inGroups) \(self.noun(noun, plural: plural))"
  }

  /// The number in groups of three digits: 1,234,567.
  public var inGroups: String {
    var groups: [Substring] = []
    var digits = Substring(String(magnitude))
    while digits.count > 3 {
      groups.append(digits.suffix(3))
      digits = digits.dropLast(3)
    }
    groups.append(digits)
    return (self < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
  }
}

extension Double {
  /// The number with at most `places` digits after the point; very small and very large ones with an
  /// exponent.
  public func shown(_ places: Int = 3) -> String {
    guard isFinite else { return "\(self)" }
    if self == 0 { return "0" }
    var power = 1.0
    for _ in 0..<places { power *= 10 }
    if magnitude >= 1e12 || magnitude * power < 0.5 { return inShortForm }
    let scaled = (magnitude * power).rounded()
    guard let whole = Int(exactly: scaled), let unit = Int(exactly: power) else {
      return inShortForm
    }
    var fraction = String(whole % unit)
    fraction = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    let sign = self < 0 && whole > 0 ? "-" : ""
    return sign + (whole / unit).inGroups + (fraction.isEmpty || unit == 1 ? "" : "." + fraction)
  }

  /// Three digits and an exponent: 1.25e-7.
  private var inShortForm: String {
    var (mantissa, exponent) = (magnitude, 0)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    let rounded = (mantissa * 100).rounded() / 100
    return "\(self < 0 ? "-" : "")\(rounded)e\(exponent)"
  }

  /// The least of 1, 2, 5, 10, 20, … times a power of ten that isn't below the number.
  var niceAbove: Double {
    guard self > 0, isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= self { power *= 10 }
    while power > self { power /= 10 }
    for factor in [1.0, 2, 2.5, 5, 10] where power * factor >= self * 0.999_999 {
      return power * factor
    }
    return power * 10
  }
}
