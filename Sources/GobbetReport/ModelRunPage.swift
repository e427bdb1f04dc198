internal import CGobbetKernels
public import Gobbet
internal import GobbetPage

/// A page about a model that reads a text: how likely it finds each token, what it expects next, and what
/// the heads of a layer look at.
public struct ModelRunPage: Sendable {
  /// A position of the text.
  private struct Position: Sendable {
    let id: TokenID
    /// The negative log-probability of the token after the ones before it; nil for the first.
    let loss: Double?
    /// The likeliest tokens after this one.
    let next: [(id: TokenID, probability: Float)]
  }

  /// What is asked of the model.
  public struct Options: Hashable, Sendable {
    /// The layer whose attention is shown, from 0; nil for the one in the middle.
    public var layer: Int?
    /// The head that is shown, from 0; nil for the first eight.
    public var head: Int?
    /// Threads that compute; they change no result.
    public var threadCount = 1

    /// Creates options: the layer in the middle, the first eight heads, one thread.
    public init() {}
  }

  private static let positionLimit = 512
  private static let mapLimit = 48
  /// Logits in memory at a time: those of all positions take more than many a model.
  private static let logitLimit = 1 << 22
  private static let headLimit = 8

  private let path: String
  private let architecture: Architecture
  private let vocabulary: Vocabulary
  private let positions: [Position]
  private let leftOutCount: Int
  private let layer: Int
  private let heads: [(number: Int, weights: [Float])]

  /// Runs `text` through the model that was read from `path`.
  ///
  /// `progress` is told the tokens so far of all.
  /// - Precondition: the model has the layer and the head.
  /// - Throws: `GPTError` for a text without tokens.
  public init(
    path: String, _ generation: TextGeneration, text: String, _ options: Options = .init(),
    progress: (_ tokenCount: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    self.path = path
    let model = generation.model
    architecture = model.architecture
    vocabulary = generation.tokenizer.vocabulary
    let all = generation.tokens(of: text)
    let ids = Array(all.prefix(min(Self.positionLimit, architecture.contextLength)))
    leftOutCount = all.count - ids.count
    let pass = try ForwardPass(model, threadCount: options.threadCount)
    positions = try Self.positions(ids, pass) { progress($0, ids.count) }
    layer = options.layer ?? architecture.layers.count / 2
    let shown = Array(ids.prefix(Self.mapLimit))
    let attention = try pass.attentionWeights(of: shown, layer: layer)
    let numbers = options.head.map { [$0] } ?? Array(0..<min(Self.headLimit, attention.headCount))
    heads = numbers.map { ($0, attention[$0].elements) }
  }

  /// What the model makes of each position.
  private static func positions(
    _ ids: [TokenID], _ pass: ForwardPass, _ progress: (Int) -> Void
  ) throws -> [Position] {
    var positions: [Position] = []
    var loss: Double?
    let cache = try KeyValueCache(pass.model)
    let step = max(1, Self.logitLimit / max(1, pass.model.architecture.vocabularySize))
    for start in stride(from: 0, to: ids.count, by: step) {
      let part = Array(ids[start..<min(start + step, ids.count)])
      try pass.forEachPiece(of: [.init(part, cache)], .all) { logits, _ in
        for row in 0..<logits.rowCount {
          let index = positions.count
          var probabilities = Array(logits[row])
          pass.softmax(&probabilities)
          let count = index == ids.count - 1 ? 20 : 3
          positions.append(
            Position(id: ids[index], loss: loss, next: Self.largest(probabilities, count)))
          if index + 1 < ids.count { loss = Self.loss(logits[row], of: Int(ids[index + 1])) }
        }
      }
      progress(positions.count)
    }
    return positions
  }

  /// The negative log-probability of a token, by a row of logits.
  private static func loss(_ logits: ArraySlice<Float>, of id: Int) -> Double {
    let greatest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0.0) { $0 + gobbet_exp(Double($1) - greatest) }
    return gobbet_logarithm(sum) + greatest - Double(logits[logits.startIndex + id])
  }

  /// The largest probabilities and their ids, from the largest down.
  private static func largest(
    _ probabilities: [Float], _ count: Int
  ) -> [(id: TokenID, probability: Float)] {
    var best: [(id: TokenID, probability: Float)] = []
    for (id, probability) in probabilities.enumerated() {
      if best.count == count, let last = best.last, probability <= last.probability { continue }
      let place = best.firstIndex { $0.probability < probability } ?? best.count
      best.insert((TokenID(truncatingIfNeeded: id), probability), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

extension ModelRunPage {
  /// The page as HTML.
  public var document: String {
    var page = Page(
      "Run of \(fileTitle(path))",
      lead:
        "\(path): \(architecture.layers.count.inGroups("layer")), \(architecture.headCount.inGroups("head")), a text of "
        + "\(positions.count.inGroups("token"))", maker: reportMaker)
    page.append("Overview", overview)
    page.append("Loss by token", losses)
    page.append("Next tokens", next)
    page.append("Attention of layer \(layer)", attention)
    return page.document
  }

  private var overview: HTML {
    let losses = positions.compactMap(\.loss)
    let mean = losses.reduce(0, +) / Double(max(1, losses.count))
    var facts = [
      (name: "tokens", value: positions.count.inGroups),
      (name: "layers", value: "\(architecture.layers.count)"),
      (name: "heads", value: "\(architecture.headCount)"),
      (name: "hidden size", value: architecture.hiddenSize.inGroups),
      (name: "vocabulary", value: architecture.vocabularySize.inGroups),
    ]
    if !losses.isEmpty {
      facts.append((name: "mean loss, nats a token", value: mean.shown(4)))
      facts.append((name: "perplexity", value: gobbet_exp(mean).shown(2)))
    }
    if leftOutCount > 0 {
      facts.append((name: "tokens left out at the end", value: leftOutCount.inGroups))
    }
    return .facts(facts)
  }

  private func text(_ id: TokenID) -> TokenText { TokenText(vocabulary.bytes(of: id) ?? []) }

  private var losses: [HTML] {
    let spans = positions.map { position in
      let level = position.loss.map { min(4, max(0, Int($0 / 2))) } ?? 0
      let shown = text(position.id)
      let title = "id \(position.id)" + (position.loss.map { ", loss \($0.shown())" } ?? "")
      let names = "l\(level)" + (shown.isFragment ? " bytes" : "")
      let end = vocabulary.bytes(of: position.id)?.last == 0x0A ? HTML.lineEnd : HTML()
      return HTML([HTML("span", [.class(names), .title(title)], HTML(text: shown.text)), end])
    }
    let chart = ColumnChart(
      "Loss by token", ChartAxes(category: "token", value: "loss, nats"),
      categories: positions.indices.dropFirst().map { "\($0)" },
      [Series("loss", positions.dropFirst().map { $0.loss ?? 0 })])
    return [
      .paragraph("The stronger its color, the less the model expected a token."),
      HTML(
        "div",
        [
          .class("tokens"), HTML.Attribute("tabindex", "0"), HTML.Attribute("role", "region"),
          HTML.Attribute("aria-label", "The text by loss"),
        ], spans),
      positions.count > 1 ? chart.figure : .paragraph("The first token has no loss."),
    ]
  }

  private var next: [HTML] {
    var table = Table(
      "What the model expected after each token",
      [.number("token"), "text", "what came", .number("its probability"), "likeliest"])
    for (index, position) in positions.enumerated().dropLast() {
      let following = positions[index + 1]
      let likeliest = position.next.map {
        "\(text($0.id).quoted) (\(Double($0.probability).shown()))"
      }
      table.append([
        HTML(text: "\(index)"), text(position.id).code, text(following.id).code,
        HTML(text: following.loss.map { gobbet_exp(-$0).shown(4) } ?? ""),
        HTML(text: likeliest.joined(separator: ", ")),
      ])
    }
    let last = positions.last?.next ?? []
    let chart = BarChart(
      "The likeliest tokens after the text",
      ChartAxes(category: "token", value: "probability", places: 4),
      categories: last.map { text($0.id).quoted },
      [Series("probability", last.map { Double($0.probability) })])
    return table.rowCount == 0 ? [chart.figure] : [chart.figure, table.html]
  }

  private var attention: [HTML] {
    let labels = positions.prefix(Self.mapLimit).map { text($0.id).quoted }
    let figures = heads.map { head in
      HeatMap("Layer \(layer), head \(head.number)", labels: labels, values: head.weights).figure
    }
    return positions.count > Self.mapLimit
      ? [.paragraph("Of the first \(Self.mapLimit) tokens.")] + figures : figures
  }
}
