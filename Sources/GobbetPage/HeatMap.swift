/// A square of shares, darker the larger they are: what each position looks at.
public struct HeatMap: Chart {
  /// What the chart shows.
  public let title: String
  /// What rows and columns are called.
  let labels: [String]
  /// [T, T], row by row, from 0 to 1.
  let values: [Float]
  /// Columns that the table names for each row.
  private static let namedCount = 3

  /// Creates a map.
  ///
  /// - Precondition: there is a value for each pair of labels.
  public init(_ title: String, labels: [String], values: [Float]) {
    precondition(values.count == labels.count * labels.count, "HeatMap: not a square")
    self.title = title
    self.labels = labels
    self.values = values
  }

  /// One sentence for those who don't see the picture.
  public var summary: String {
    "\(labels.count.inGroups("row")), one a position; columns are the positions it looks at"
  }

  private static let left = 110.0
  private static let top = 6.0
  private var cell: Double { min(18, max(5, 440 / Double(max(1, labels.count)))) }

  /// The size of the picture.
  public var size: (width: Double, height: Double) {
    let side = cell * Double(labels.count)
    return (max(320, Self.left + side + 6), Self.top + side + 22)
  }

  /// What is drawn.
  public var drawing: [HTML] {
    let count = labels.count
    var drawing: [HTML] = []
    let step = cell < 10 ? Int((10 / cell).rounded(.up)) : 1
    for row in 0..<count {
      let y = Self.top + cell * Double(row)
      if row.isMultiple(of: step) {
        drawing.append(
          SVG.text(
            Self.left - 6, y + cell / 2 + 4, String(visibleText(labels[row]).prefix(14)),
            anchor: "end"))
      }
    }
    drawing += cells
    let side = cell * Double(count)
    for edge in [0, side] {
      drawing.append(SVG.line(Self.left + edge, Self.top, Self.left + edge, Self.top + side))
      drawing.append(SVG.line(Self.left, Self.top + edge, Self.left + side, Self.top + edge))
    }
    drawing.append(SVG.text(Self.left, Self.top + side + 15, "position looked at →"))
    return drawing
  }

  /// The cells, those of about the same share in one path.
  private var cells: [HTML] {
    let count = labels.count
    let levelCount = 20
    var paths = [String](repeating: "", count: levelCount + 1)
    let side = SVG.number(cell)
    for index in values.indices {
      // Most shares are small: by their roots they are told apart.
      let share = min(1, max(0, Double(values[index]))).squareRoot()
      let level = Int((share * Double(levelCount)).rounded())
      guard level > 0 else { continue }
      let x = SVG.number(Self.left + cell * Double(index % count))
      let y = SVG.number(Self.top + cell * Double(index / count))
      paths[level] += "M\(x) \(y)h\(side)v\(side)h-\(side)z"
    }
    return paths.enumerated().filter { !$0.element.isEmpty }.map { level, path in
      let opacity = Double(level) / Double(levelCount)
      return HTML(
        "path",
        [
          .class("s0"), HTML.Attribute("fill-opacity", opacity.shown(2)), HTML.Attribute("d", path),
        ])
    }
  }

  /// For each row the columns with the largest shares.
  public var table: Table {
    let count = labels.count
    var table = Table(
      "\(title): what each position looks at most",
      [.number("position"), "token", "looks at (share)"])
    for row in 0..<count {
      let shares = (0..<count).map { (column: $0, share: Double(values[row * count + $0])) }
      let largest = shares.filter { $0.share >= 0.005 }
        .sorted { ($1.share, $0.column) < ($0.share, $1.column) }.prefix(Self.namedCount)
      let text = largest.map { "\($0.column) \(labels[$0.column]) (\($0.share.shown(2)))" }
      table.append([
        HTML(text: "\(row)"), HTML(text: labels[row]), HTML(text: text.joined(separator: ", ")),
      ])
    }
    return table
  }
}
