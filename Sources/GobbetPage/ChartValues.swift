/// What the categories and the values of a chart are, and how the values are shown.
public struct ChartAxes: Sendable {
  let category: String
  let value: String
  let scale: Scale
  /// Digits after the point.
  let places: Int

  /// Creates axes of these names; values are shown with `places` digits after the point.
  public init(category: String, value: String, scale: Scale = .linear, places: Int = 3) {
    self.category = category
    self.value = value
    self.scale = scale
    self.places = places
  }
}

/// What a chart of values by category shows: the same for bars and for columns.
struct ChartValues: Sendable {
  let title: String
  let axes: ChartAxes
  let categories: [String]
  let series: [Series]

  /// - Precondition: every series has a value for each category.
  init(_ title: String, _ axes: ChartAxes, _ categories: [String], _ series: [Series]) {
    precondition(
      series.allSatisfy { $0.values.count == categories.count }, "ChartValues: ragged series")
    self.title = title
    self.axes = axes
    self.categories = categories
    self.series = series
  }

  /// The greatest value that is finite; nil without one.
  var greatest: Double? { series.flatMap(\.values).filter(\.isFinite).max() }

  /// One sentence for those who don't see the picture.
  func summary(atMost greatest: Double) -> String {
    let scaleText = axes.scale == .logarithmic ? " on a logarithmic scale" : ""
    return "\(axes.value)\(scaleText) by \(axes.category), at most \(greatest.shown(axes.places))"
  }

  /// The values beside their categories, which stand in `column`.
  func table(_ column: Table.Column) -> Table {
    let names = series.count == 1 ? [axes.value] : series.map(\.name)
    var table = Table("\(title), as a table", [column] + names.map { .number($0) })
    for (index, category) in categories.enumerated() {
      table.append(
        [HTML(text: category)] + series.map { HTML(text: $0.values[index].shown(axes.places)) })
    }
    return table
  }
}
