/// Bars one below the other, each with its name: scripts, splits, the likeliest tokens.
public struct BarChart: Chart {
  private let values: ChartValues

  /// What the chart shows.
  public var title: String { values.title }

  /// Creates a chart.
  ///
  /// - Precondition: every series has a value for each category.
  public init(
    _ title: String, _ axes: ChartAxes, categories: [String], _ series: [Series]
  ) {
    values = ChartValues(title, axes, categories, series)
  }

  private var greatest: Double { values.greatest ?? 0 }
  private var rowHeight: Double { values.series.count > 1 ? 28 : 20 }
  private static let left = 150.0

  /// One sentence for those who don't see the picture.
  public var summary: String { values.summary(atMost: greatest) }

  /// The size of the picture.
  public var size: (width: Double, height: Double) {
    (640, 26 + rowHeight * Double(values.categories.count))
  }

  /// What is drawn.
  public var drawing: [HTML] {
    let room = size.width - Self.left - 90
    var drawing = Legend(values.series).drawing(right: size.width - 4)
    for (row, category) in values.categories.enumerated() {
      let y = 22 + rowHeight * Double(row)
      drawing.append(
        SVG.text(
          Self.left - 8, y + rowHeight / 2 + 3, String(visibleText(category).prefix(22)),
          anchor: "end"))
      let height = (rowHeight - 6) / Double(max(1, values.series.count))
      for (number, one) in values.series.enumerated() {
        let value = one.values[row]
        let length = room * values.axes.scale.share(of: value, in: greatest)
        let top = y + height * Double(number)
        if value > 0 {
          drawing.append(
            SVG.rectangle(Self.left, top, max(0.7, length), height, [.class("s\(number)")]))
        }
        drawing.append(
          SVG.text(Self.left + length + 5, top + height / 2 + 4, value.shown(values.axes.places)))
      }
    }
    return drawing
  }

  /// The values.
  public var table: Table { values.table(Table.Column(values.axes.category)) }
}
