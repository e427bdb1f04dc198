import ArgumentParser
import Foundation
import Gobbet

/// Cuts texts by expressions, for scripts that compare the parts with those of other libraries.
struct CutBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut",
    abstract: "Cut texts by expressions: JSON lines in, the parts or an error a line out."
  )

  private struct Line: Decodable {
    let expression: String
    /// `oniguruma` or `tiktoken`.
    let dialect: String
    /// A number of `Spec/Vocabulary.md`; as the dialect's library does it, if there is none.
    let behavior: UInt8?
    let inverted: Bool?
    let texts: [String]
  }

  private struct Report: Encodable {
    /// For each text the beginnings and ends of its parts, in bytes.
    var parts: [[Int]]?
    var error: String?
  }

  func run() throws {
    let decoder = JSONDecoder()
    while let text = readLine() {
      let line = try decoder.decode(Line.self, from: Data(text.utf8))
      let dialect: RegularExpressionDialect =
        line.dialect == "tiktoken" ? .tiktoken : .oniguruma
      do {
        var expression = try SplitExpression(line.expression, dialect: dialect)
        if let code = line.behavior, let behavior = PretokenizerStep.Behavior(rawValue: code) {
          expression = try SplitExpression(
            line.expression, dialect: dialect, behavior: behavior,
            isInverted: line.inverted ?? false)
        }
        let scanner = PretokenScanner(SplitPattern(expression))
        let parts = line.texts.map { text in
          var bounds: [Int] = []
          scanner.forEachPretoken(in: Array(text.utf8).span) {
            bounds += [$0.lowerBound, $0.upperBound]
          }
          return bounds
        }
        try printJSON(Report(parts: parts))
      } catch let error as SplitExpressionError {
        try printJSON(Report(error: error.description))
      }
    }
  }
}
