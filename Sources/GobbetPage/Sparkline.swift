/// Counts as a picture in a line of text, which says the same in numbers.
public struct Sparkline: Sendable {
  private let values: [Double]
  private let label: String

  /// Creates a picture of counts; `label` is what it shows.
  public init(_ label: String, _ values: [Double]) {
    self.label = label
    self.values = values
  }

  private static let height = 18

  /// The picture.
  public var html: HTML {
    let greatest = values.max() ?? 0
    var path = "M0 \(Self.height)"
    for value in values {
      let share = Scale.logarithmic.share(of: value, in: greatest)
      path += "V\(Self.height - Int((share * Double(Self.height)).rounded(.up)))h2"
    }
    path += "V\(Self.height)z"
    return HTML(
      "svg",
      [
        .class("spark"), HTML.Attribute("width", "\(2 * values.count)"),
        HTML.Attribute("height", "\(Self.height)"), HTML.Attribute("role", "img"),
        HTML.Attribute("aria-label", label),
      ], HTML("path", [.class("s0"), HTML.Attribute("d", path)]))
  }
}
