import Foundation
import Gobbet
import GobbetPage

/// Lays tokens out in lines of a width: the texts, and below each its id and its offset.
struct TokenLines {
  let width: Int
  let isColored: Bool

  /// A token as it is shown.
  struct Cell {
    let text: String
    let id: String
    let offset: String
    let isSpecial: Bool
    /// Whether a line of the text ends with the token.
    let endsLine: Bool
    /// Decides the color: neighbours have different ones.
    let index: Int

    init(_ token: TextToken, _ bytes: [UInt8], index: Int) {
      text = Self.text(bytes)
      id = "\(token.id)" + (token.isSpecial ? "*" : "")
      offset = "\(token.range.lowerBound)"
      isSpecial = token.isSpecial
      endsLine = bytes.last == 0x0A
      self.index = index
    }

    /// The text of a token so that no two look the same: a backslash is doubled, for it begins an
    /// escape otherwise.
    private static func text(_ bytes: [UInt8]) -> String {
      guard let text = String(validating: bytes, as: UTF8.self) else { return displayed(bytes) }
      let isMark =
        text.unicodeScalars.first.map {
          [.nonspacingMark, .enclosingMark, .spacingMark].contains($0.properties.generalCategory)
        } ?? false
      let plain = text.replacingOccurrences(of: "\\", with: "\\\\")
      let visible = visibleText(plain).replacingOccurrences(of: " ", with: "␣")
      // A mark needs a letter to stand on, and would take the one of the token before it.
      return (isMark ? "◌" : "") + visible
    }
  }

  private static let labels = ["text ", "id   ", "byte "]
  /// Backgrounds of 256 colors that black text is read on, whatever the terminal's own are.
  private static let backgrounds = [153, 223, 157, 225]
  private static let specialBackground = 217

  /// Writes all lines to standard output.
  ///
  /// - Throws: as ``StandardOutput``.
  func write(_ cells: [Cell]) throws {
    let room = width - Self.labels[0].count
    var line: [(cell: Cell, text: String, width: Int)] = []
    var used = 0
    for cell in cells {
      let text = Self.shortened(cell.text, to: room)
      let width = max(Self.columns(of: text), cell.id.count, cell.offset.count)
      if used + width > room, !line.isEmpty {
        try write(line)
        (line, used) = ([], 0)
      }
      line.append((cell, text, width))
      used += width + 1
      if cell.endsLine {
        try write(line)
        (line, used) = ([], 0)
      }
    }
    if !line.isEmpty { try write(line) }
  }

  private func write(_ line: [(cell: Cell, text: String, width: Int)]) throws {
    var rows = Self.labels
    for (cell, text, width) in line {
      let padding = String(repeating: " ", count: max(0, width - Self.columns(of: text)) + 1)
      rows[0] += colored(text, cell) + padding
      rows[1] += cell.id.padding(toLength: width + 1, withPad: " ", startingAt: 0)
      rows[2] += cell.offset.padding(toLength: width + 1, withPad: " ", startingAt: 0)
    }
    for row in rows {
      let end = row.lastIndex { $0 != " " }.map { row.index(after: $0) } ?? row.startIndex
      try StandardOutput.write((row[..<end] + "\n").utf8)
    }
    try StandardOutput.write([0x0A])
  }

  private func colored(_ text: String, _ cell: Cell) -> String {
    guard isColored else { return text }
    let background =
      cell.isSpecial
      ? Self.specialBackground : Self.backgrounds[cell.index % Self.backgrounds.count]
    return "\u{1B}[38;5;16;48;5;\(background)m\(text)\u{1B}[0m"
  }

  /// The beginning of a text that is wider than a line, with an ellipsis.
  private static func shortened(_ text: String, to width: Int) -> String {
    guard columns(of: text) > width else { return text }
    var (short, used) = ("", 1)
    for character in text {
      used += columns(of: character)
      if used > width { break }
      short.append(character)
    }
    return short + "…"
  }

  private static func columns(of text: String) -> Int {
    text.utf8.count == text.unicodeScalars.count
      ? text.utf8.count : text.reduce(0) { $0 + columns(of: $1) }
  }

  /// The columns that a terminal gives a character: two to those of East Asia and to emoji.
  private static func columns(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    let isWide =
      scalar.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}")
      || wide.contains { $0.contains(scalar.value) }
    return isWide ? 2 : 1
  }

  /// Where the wide characters are.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18CD5,
    0x1B000...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}
