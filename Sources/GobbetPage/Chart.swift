/// A chart and, beside it, the table of what it shows.
///
/// Each kind of chart makes its table out of its own values, so that there is none without.
public protocol Chart: Sendable {
  /// What the chart shows.
  var title: String { get }
  /// One sentence for those who don't see the picture.
  var summary: String { get }
  /// The size of the picture.
  var size: (width: Double, height: Double) { get }
  /// What is drawn.
  var drawing: [HTML] { get }
  /// The values.
  var table: Table { get }
}

extension Chart {
  /// The picture and the table as a figure.
  public var figure: HTML {
    HTML(
      "figure", [],
      HTML("figcaption", [], HTML(text: title)),
      HTML(
        "div", [.class("pair")],
        HTML(
          "svg",
          [
            HTML.Attribute("viewBox", "0 0 \(SVG.number(size.width)) \(SVG.number(size.height))"),
            HTML.Attribute("width", SVG.number(size.width)),
            HTML.Attribute("height", SVG.number(size.height)),
            HTML.Attribute("role", "img"), HTML.Attribute("aria-label", "\(title). \(summary)"),
          ], drawing),
        table.html))
  }
}

/// Elements of SVG.
enum SVG {
  /// A number as an attribute has it.
  static func number(_ value: Double) -> String {
    // Groups of digits are for people.
    String(value.shown(1).filter { $0 != "," })
  }

  static func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ attributes: [HTML.Attribute],
    title: String? = nil
  ) -> HTML {
    HTML(
      "rect",
      [
        HTML.Attribute("x", number(x)), HTML.Attribute("y", number(y)),
        HTML.Attribute("width", number(width)), HTML.Attribute("height", number(height)),
      ] + attributes, title.map { [HTML("title", [], HTML(text: $0))] } ?? [])
  }

  static func text(
    _ x: Double, _ y: Double, _ text: String, anchor: String = "start"
  ) -> HTML {
    HTML(
      "text",
      [
        HTML.Attribute("x", number(x)), HTML.Attribute("y", number(y)),
        HTML.Attribute("text-anchor", anchor),
      ], HTML(text: text))
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> HTML {
    HTML(
      "line",
      [
        HTML.Attribute("x1", number(x1)), HTML.Attribute("y1", number(y1)),
        HTML.Attribute("x2", number(x2)), HTML.Attribute("y2", number(y2)), .class("grid"),
      ])
  }
}

/// Values by which a chart's bars differ: one file's, or one of two.
public struct Series: Sendable {
  /// What the values are of.
  public let name: String
  /// One a category.
  public let values: [Double]

  /// Creates a series.
  public init(_ name: String, _ values: [Double]) {
    self.name = name
    self.values = values
  }
}

/// How lengths stand for values.
public enum Scale: Hashable, Sendable {
  /// By the value itself.
  case linear
  /// By the logarithm of one more than the value, so that 0 has no length.
  case logarithmic

  /// The share of the whole length that stands for a value.
  func share(of value: Double, in greatest: Double) -> Double {
    guard greatest > 0, value > 0, value.isFinite else { return 0 }
    let share =
      switch self {
      case .linear: value / greatest
      case .logarithmic: logarithm(1 + value) / logarithm(1 + greatest)
      }
    return min(1, share)
  }

  /// Values for lines across the chart.
  func ticks(to greatest: Double) -> [Double] {
    switch self {
    case .linear:
      let step = (greatest / 4).niceAbove
      return (1...5).map { Double($0) * step }.filter { $0 <= greatest * 1.001 }
    case .logarithmic:
      var ticks: [Double] = []
      var tick = 1.0
      while tick <= greatest {
        ticks.append(tick)
        tick *= greatest > 1e6 ? 100 : 10
      }
      return ticks
    }
  }

  /// The natural logarithm of a positive number, to a millionth: enough for lengths.
  private func logarithm(_ value: Double) -> Double {
    let mantissa = value.significand
    let ratio = (mantissa - 1) / (mantissa + 1)
    let square = ratio * ratio
    var (sum, term) = (0.0, ratio)
    for divisor in stride(from: 1.0, to: 25, by: 2) {
      sum += term / divisor
      term *= square
    }
    return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
  }
}
