/// Columns side by side: counts by length, a value by position.
public struct ColumnChart: Chart {
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

  private var greatest: Double {
    values.greatest.map { max($0, 0) } ?? 0
  }

  /// One sentence for those who don't see the picture.
  public var summary: String { values.summary(atMost: greatest) }

  /// The size of the picture.
  public var size: (width: Double, height: Double) { (640, 240) }

  private static let left = 64.0
  private static let bottom = 200.0
  private static let top = 22.0

  /// What is drawn.
  public var drawing: [HTML] {
    let greatest = greatest
    let height = Self.bottom - Self.top
    var drawing = values.axes.scale.ticks(to: greatest).flatMap { tick in
      let y = Self.bottom - height * values.axes.scale.share(of: tick, in: greatest)
      return [
        SVG.line(Self.left, y, size.width - 4, y),
        SVG.text(Self.left - 6, y + 4, tick.shown(values.axes.places), anchor: "end"),
      ]
    }
    let room = (size.width - Self.left - 8) / Double(max(1, values.categories.count))
    let width = room * (room > 4 ? 0.84 : 1) / Double(max(1, values.series.count))
    for (number, one) in values.series.enumerated() {
      for (index, value) in one.values.enumerated() where value > 0 {
        let length = max(0.7, height * values.axes.scale.share(of: value, in: greatest))
        drawing.append(
          SVG.rectangle(
            Self.left + room * Double(index) + width * Double(number), Self.bottom - length, width,
            length, [.class("s\(number)")],
            title: "\(values.categories[index]): \(value.shown(values.axes.places))"))
      }
    }
    drawing.append(SVG.line(Self.left, Self.bottom, size.width - 4, Self.bottom))
    let step = max(
      1, (values.categories.count * 9 * (values.categories.map(\.count).max() ?? 1)) / 560 + 1)
    for index in stride(from: 0, to: values.categories.count, by: step) {
      drawing.append(
        SVG.text(
          Self.left + room * (Double(index) + 0.5), Self.bottom + 15, values.categories[index],
          anchor: "middle"))
    }
    drawing.append(
      SVG.text(
        (Self.left + size.width) / 2, size.height - 8, values.axes.category, anchor: "middle"))
    drawing.append(SVG.text(4, 13, values.axes.value))
    return drawing + Legend(values.series).drawing(right: size.width - 4)
  }

  /// The values.
  public var table: Table { values.table(.number(values.axes.category)) }
}

/// What the colours of two series stand for.
struct Legend {
  private let series: [Series]

  init(_ series: [Series]) { self.series = series }

  func drawing(right: Double) -> [HTML] {
    guard series.count > 1 else { return [] }
    return series.enumerated().flatMap { index, one in
      let x = right - min(190, 520 / Double(series.count)) * Double(series.count - index)
      return [
        SVG.rectangle(x, 4, 10, 10, [.class("s\(index)")]),
        SVG.text(x + 15, 13, String(visibleText(one.name).suffix(series.count > 2 ? 16 : 24))),
      ]
    }
  }
}
