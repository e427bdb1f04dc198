package import Gobbet
internal import GobbetPage

/// A page about weights: the tensors as a tree with shapes, types, codecs and histograms, those with
/// outliers, NaN or infinities, and how two files differ.
public struct WeightsPage: Sendable {
  private let path: String
  private let format: String
  private let metadata: [(String, String)]
  private let tensors: [StoredTensor]
  private let comparison: (path: String, difference: WeightsDifference?)?

  /// Tensors that are shown one by one.
  private static let tensorLimit = 3_000
  /// Tensors with a chart of their own.
  private static let chartLimit = 6

  /// Reads the weights at `path` once, and, to compare them, those at `second`.
  ///
  /// `progress` is told the bytes so far of all, and ends the reading by answering false.
  /// - Throws: `LoadingError` for a file without tensors; the errors of reading them;
  ///   `CancellationError` if `progress` ended it.
  public init(
    path: String, comparedWith second: String? = nil,
    progress: (_ byteCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) throws {
    try self.init(
      OpenedFile(path), comparedWith: second.map { try OpenedFile($0) }, progress: progress)
  }

  /// Reads an open file, and compares it with another.
  package init(
    _ file: OpenedFile, comparedWith second: OpenedFile? = nil,
    progress: (_ byteCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) throws {
    let path = file.path
    guard let input = try WeightsInput(file) else {
      throw LoadingError(path: path, reason: "holds no tensors")
    }
    let byteCount = input.source.tensors.reduce(0) { $0 + $1.byteCount }
    let all = second == nil ? byteCount : 2 * byteCount
    self.path = path
    format = input.format.reportName
    metadata = input.source.metadata
    tensors = try StoredTensor.all(in: input.source) { progress($0, all) }
    comparison = try second.map { second in
      let comparison = try FileComparison(file, second) { done, _ in
        guard progress(byteCount + done, all) else { throw CancellationError() }
      }
      return (second.path, comparison.weights)
    }
  }

  private var elementCount: Int { tensors.reduce(0) { $0 + $1.description.elementCount } }
  private var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
  private var storedByteCount: Int { tensors.reduce(0) { $0 + $1.storedByteCount } }

  /// The page as HTML.
  public var document: String {
    var page = Page(
      "Weights " + fileTitle(path),
      lead: "\(path): \(format), \(tensors.count.inGroups("tensor")) of "
        + elementCount.inGroups("element"), maker: reportMaker)
    page.append("Overview", overview, types.figure)
    page.append("Not finite, and outliers", outliers)
    page.append("Tensors", tree)
    page.append("Histograms", histograms)
    if let comparison { page.append("Compared with \(fileTitle(comparison.path))", differences) }
    if !metadata.isEmpty { page.append("Metadata", metadataTable) }
    return page.document
  }

  private var overview: HTML {
    .facts([
      (name: "tensors", value: tensors.count.inGroups),
      (name: "elements", value: elementCount.inGroups),
      (name: "bytes, decoded", value: byteCount.inGroups),
      (name: "bytes, stored", value: storedByteCount.inGroups),
      (
        name: "ratio", value: (Double(storedByteCount) / Double(max(1, byteCount))).shown()
      ),
    ])
  }

  private var types: BarChart {
    var names: [String] = []
    var stored: [String: Int] = [:]
    for tensor in tensors {
      let name = "\(tensor.typeName), \(tensor.codec)"
      if stored[name] == nil { names.append(name) }
      stored[name, default: 0] += tensor.storedByteCount
    }
    return BarChart(
      "Stored bytes by type and codec", ChartAxes(category: "type, codec", value: "bytes"),
      categories: names, [Series("bytes", names.map { Double(stored[$0] ?? 0) })])
  }

  private var tree: [HTML] {
    var tree = Tree { count, elements in
      "\(count.inGroups("tensor")), \(elements.inGroups("element"))"
    }
    for tensor in tensors.prefix(Self.tensorLimit) {
      let parts = tensor.name.split { $0 == "." || $0 == "/" }.map(String.init)
      tree.insert(
        parts, weight: tensor.description.elementCount,
        line(tensor, withPicture: tensors.count <= 2_000))
    }
    let rest = tensors.count - Self.tensorLimit
    return rest > 0
      ? [tree.html, .paragraph("and \(rest.inGroups("tensor")) more")] : [tree.html]
  }

  private func line(_ tensor: StoredTensor, withPicture: Bool) -> HTML {
    var text = "\(tensor.typeName) \(tensor.description.shape), \(tensor.codec)"
    text += ", ratio \(tensor.ratio.shown())"
    guard let counts = tensor.counts else { return HTML(text: text) }
    if counts.least <= counts.greatest {
      text += ", \(Double(counts.least).shown(4)) to \(Double(counts.greatest).shown(4))"
      text += ", mean \(counts.mean.shown(4)), deviation \(counts.deviation.shown(4))"
    }
    guard withPicture, counts.histogram.count > 1 else { return HTML(text: text) }
    return HTML([
      HTML(text: text),
      Sparkline("histogram", counts.histogram.map { Double($0.count) }).html,
    ])
  }

  private var outliers: [HTML] {
    var table = Table(
      "Tensors with elements that are not finite, or far from the mean",
      [
        "tensor", .number("NaN"), .number("infinite"), .number("beyond 6 deviations, about"),
        .number("smallest"), .number("largest"), .number("deviation"),
      ])
    func notFinite(_ counts: StoredTensor.ElementSummary) -> Int {
      counts.nanCount + counts.infinityCount
    }
    let found = tensors.compactMap { tensor in tensor.counts.map { (tensor, $0) } }
      .filter { notFinite($0.1) > 0 || $0.1.outlierCount > 0 }
      .sorted {
        (notFinite($1.1), $1.1.outlierCount) < (notFinite($0.1), $0.1.outlierCount)
      }
    for (tensor, counts) in found.prefix(100) {
      table.append([
        .code(tensor.name), HTML(text: counts.nanCount.inGroups),
        HTML(text: counts.infinityCount.inGroups), HTML(text: counts.outlierCount.inGroups),
        HTML(text: Double(counts.least).shown(4)), HTML(text: Double(counts.greatest).shown(4)),
        HTML(text: counts.deviation.shown(4)),
      ])
    }
    let bad = found.filter { notFinite($0.1) > 0 }.count
    let verdict =
      bad == 0
      ? HTML.paragraph("Every element of floating-point tensors is finite.")
      : HTML(
        "p", [.class("warn")],
        HTML(text: "NaN or infinite elements are in \(bad.inGroups("tensor"))."))
    return found.isEmpty ? [verdict] : [verdict, table.html]
  }

  private var histograms: [HTML] {
    let shown = tensors.filter { ($0.counts?.histogram.count ?? 0) > 1 }
      .sorted { $1.description.elementCount < $0.description.elementCount }
      .prefix(Self.chartLimit)
    if shown.isEmpty { return [.paragraph("No tensor has floating-point elements that differ.")] }
    return [.paragraph("Of the largest tensors; all others have a small one in the tree.")]
      + shown.map { tensor in
        let bins = tensor.counts?.histogram ?? []
        return ColumnChart(
          "Elements of \(tensor.name)",
          ChartAxes(category: "value from", value: "elements", scale: .logarithmic),
          categories: bins.map { $0.values.lowerBound.shown(3) },
          [Series("elements", bins.map { Double($0.count) })]
        ).figure
      }
  }

  private var differences: [HTML] {
    guard let comparison else { return [] }
    guard let difference = comparison.difference else {
      return [.paragraph("\(comparison.path) holds the same tensors, bit for bit.")]
    }
    var pieces: [HTML] = []
    for (names, file) in [
      (difference.onlyInFirst, path), (difference.onlyInSecond, comparison.path),
    ] where !names.isEmpty {
      var table = Table("Tensors of \(file) only", ["tensor"])
      for name in names.prefix(200) { table.append([.code(name.cropped())]) }
      pieces.append(.paragraph("In \(file) only: \(names.count.inGroups("tensor"))."))
      pieces.append(table.html)
    }
    var table = Table(
      "Tensors of both that differ",
      [
        "tensor", "types and shapes", .number("elements that differ"),
        .number("largest difference"),
        .number("root mean square"), .number("relative"), .number("cosine"),
      ])
    for tensor in difference.different.prefix(500) {
      func shown(_ value: Double?) -> HTML { HTML(text: value?.shown(6) ?? "") }
      table.append([
        .code(tensor.name.cropped()),
        HTML(text: tensor.descriptions?.joined(separator: ", ") ?? "the same"),
        HTML(text: tensor.elementCount.inGroups), shown(tensor.values?.largest),
        shown(tensor.values?.rootMeanSquare), shown(tensor.values?.relative),
        shown(tensor.values?.cosine),
      ])
    }
    pieces.append(
      .paragraph("In both, but different: \(difference.different.count.inGroups("tensor"))."))
    if !difference.different.isEmpty { pieces.append(table.html) }
    return pieces
  }

  private var metadataTable: HTML {
    var table = Table("Metadata", ["key", "value"])
    for (key, value) in metadata.prefix(300) {
      let shown =
        value.count > 300 ? "\(value.prefix(300))… (\(value.utf8.count.inGroups("byte")))" : value
      table.append([.code(key.cropped()), HTML(text: shown)])
    }
    return table.html
  }
}
