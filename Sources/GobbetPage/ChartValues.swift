/// What a chart of values by category shows: the same for bars and for columns.
struct ChartValues: Sendable {
  let title: String
  /// What the categories are, and the values.
  let axes: (category: String, value: String)
  let categories: [String]
  let series: [Series]
  let scale: Scale
  /// Digits after the point.
  let places: Int

  /// - Precondition: every series has a value for each category.
  init(
    _ title: String, _ axes: (category: String, value: String), _ categories: [String],
    _ series: [Series], _ scale: Scale, _ places: Int
  ) {
    precondition(
      series.allSatisfy { $0.values.count == categories.count }, "ChartValues: ragged series")
    self.title = title
    self.axes = axes
    self.categories = categories
    self.series = series
    self.scale = scale
    self.places = places
  }

  /// The greatest value that is finite; nil without one.
  var greatest: Double? { series.flatMap(\.values).filter(\.isFinite).max() }

  /// One sentence for those who don't see the picture.
  func summary(atMost greatest: Double) -> String {
    let scaleText = scale == .logarithmic ? " on a logarithmic scale" : ""
    return "\(axes.value)\(scaleText) by \(axes.category), at most \(greatest.shown(places))"
  }

  /// The values beside their categories, which stand in `column`.
  func table(_ column: Table.Column) -> Table {
    let names = series.count == 1 ? [axes.value] : series.map(\.name)
    var table = Table("\(title), as a table", [column] + names.map { .number($0) })
    for (index, category) in categories.enumerated() {
      table.append(
        [HTML(text: category)] + series.map { HTML(text: $0.values[index].shown(places)) })
    }
    return table
  }
}
