import Foundation
import GobbetPage
import TestSupport
import Testing

@Suite("Pages of HTML") struct HTMLTests {
  private static let nasty = "<script>alert('x')</script> & \"q\" \u{202E}\u{1B}[0m"

  @Test("texts and attributes can't end what they stand in")
  func escaping() {
    let html = HTML("p", [.title(Self.nasty)], HTML(text: Self.nasty), "\(Self.nasty)")
    let text =
      "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot; \\u{202E}\\u{1B}[0m"
    #expect(html.markup == "<p title=\"\(text)\">\(text)\(text)</p>")
  }

  @Test("a page of every part, given markup everywhere, has none of it, no script and no address")
  func page() {
    var page = Page(Self.nasty, lead: Self.nasty, maker: Self.nasty)
    var table = Table(Self.nasty, [Table.Column(Self.nasty), .number(Self.nasty)])
    table.append([HTML(text: Self.nasty), "1"])
    let names = [Self.nasty, "b"]
    page.append(
      Self.nasty, .paragraph(Self.nasty), .heading(Self.nasty), .code(Self.nasty),
      .facts([(Self.nasty, Self.nasty)]), table.html,
      ColumnChart(
        Self.nasty, ChartAxes(category: Self.nasty, value: Self.nasty), categories: names,
        [Series(Self.nasty, [1, 2]), Series("b", [3, 4])]
      ).figure,
      BarChart(
        Self.nasty, ChartAxes(category: Self.nasty, value: Self.nasty), categories: names,
        [Series("a", [1, 2]), Series(Self.nasty, [3, 4])]
      ).figure,
      HeatMap(Self.nasty, labels: names, values: [1, 0, 0.5, 0.5]).figure)
    let document = page.document
    #expect(!document.contains("<script") && !document.contains("javascript:"))
    #expect(!document.contains("http://") && !document.contains("https://"))
    #expect(
      document.contains("default-src 'none'") || document.contains("default-src &#39;none&#39;"))
    #expect(document.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isHidden })
    // Every element that is opened is closed: what is left is well-formed but for `meta`.
    let body = document.drop { $0 != "\n" }.replacing(/<meta[^>]*>/, with: "")
    let parser = Elements(String(body))
    #expect(parser.isBalanced)
  }

  @Test("every chart has a table beside it with all of its values")
  func tables() {
    let chart = ColumnChart(
      "Lengths", ChartAxes(category: "bytes", value: "tokens"), categories: ["1", "2", "3"],
      [Series("tokens", [256, 1200.5, 0])])
    #expect(chart.table.rowCount == 3)
    let figure = chart.figure.markup
    for value in ["256", "1,200.5"] { #expect(figure.contains("<td class=\"n\">\(value)</td>")) }
    #expect(figure.contains("role=\"img\""))
  }

  @Test("numbers are shown in groups, and with the digits that tell them apart")
  func numbers() {
    #expect(1_234_567.inGroups == "1,234,567" && (-1000).inGroups == "-1,000")
    let shown: [(Double, String)] = [
      (0, "0"), (1, "1"), (1234.5, "1,234.5"), (0.25, "0.25"), (2.0004, "2"), (-3.14159, "-3.142"),
      (0.000_012_5, "1.25e-5"), (1e15, "1.0e15"), (.infinity, "inf"), (-0.5, "-0.5"),
    ]
    for (number, text) in shown { #expect(number.shown() == text) }
    var generator = SeededGenerator(2203)
    for _ in 0..<500 {
      let number = Double.random(in: -1e6...1e6, using: &generator)
      let back = Double(number.shown(3).filter { $0 != "," })
      #expect(abs((back ?? .nan) - number) <= 0.0005 + 1e-9, "\(number)")
    }
  }
}

/// Whether elements are closed in the order in which they were opened.
private struct Elements {
  let isBalanced: Bool

  init(_ text: String) {
    var open: [Substring] = []
    var isBalanced = true
    for tag in text.matches(of: /<(\/?)([A-Za-z0-9]+)[^>]*>/) {
      if tag.output.1.isEmpty {
        open.append(tag.output.2)
      } else if open.popLast() != tag.output.2 {
        isBalanced = false
      }
    }
    self.isBalanced = isBalanced && open.isEmpty
  }
}
