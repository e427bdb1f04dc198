/// Bars one below the other, each with its name: scripts, splits, the likeliest tokens.
public struct BarChart: Chart {
  /// What the chart shows.
  public let title: String
  let axes: (category: String, value: String)
  let categories: [String]
  let series: [Series]
  let scale: Scale
  let places: Int

  /// Creates a chart.
  ///
  /// - Precondition: every series has a value for each category.
  public init(
    _ title: String, category: String, value: String, categories: [String], _ series: [Series],
    scale: Scale = .linear, places: Int = 3
  ) {
    precondition(
      series.allSatisfy { $0.values.count == categories.count }, "BarChart: ragged series")
    self.title = title
    axes = (category, value)
    self.categories = categories
    self.series = series
    self.scale = scale
    self.places = places
  }

  private var greatest: Double { series.flatMap(\.values).filter(\.isFinite).max() ?? 0 }
  private var rowHeight: Double { series.count > 1 ? 28 : 20 }
  private static let left = 150.0

  /// One sentence for those who don't see the picture.
  public var summary: String {
    let scaleText = scale == .logarithmic ? " on a logarithmic scale" : ""
    return "\(axes.value)\(scaleText) by \(axes.category), at most \(greatest.shown(places))"
  }

  /// The size of the picture.
  public var size: (width: Double, height: Double) {
    (640, 26 + rowHeight * Double(categories.count))
  }

  /// What is drawn.
  public var drawing: [HTML] {
    let room = size.width - Self.left - 90
    var drawing = Legend(series).drawing(right: size.width - 4)
    for (row, category) in categories.enumerated() {
      let y = 22 + rowHeight * Double(row)
      drawing.append(
        SVG.text(
          Self.left - 8, y + rowHeight / 2 + 3, String(visibleText(category).prefix(22)),
          anchor: "end"))
      let height = (rowHeight - 6) / Double(max(1, series.count))
      for (number, one) in series.enumerated() {
        let value = one.values[row]
        let length = room * scale.share(of: value, in: greatest)
        let top = y + height * Double(number)
        if value > 0 {
          drawing.append(
            SVG.rectangle(Self.left, top, max(0.7, length), height, [.class("s\(number)")]))
        }
        drawing.append(
          SVG.text(Self.left + length + 5, top + height / 2 + 4, value.shown(places)))
      }
    }
    return drawing
  }

  /// The values.
  public var table: Table {
    let names = series.count == 1 ? [axes.value] : series.map(\.name)
    var table = Table(
      "\(title), as a table", [Table.Column(axes.category)] + names.map { .number($0) })
    for (index, category) in categories.enumerated() {
      table.append(
        [HTML(text: category)] + series.map { HTML(text: $0.values[index].shown(places)) })
    }
    return table
  }
}
