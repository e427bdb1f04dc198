import Foundation
import GobbetPage
import TestSupport
import Testing

@Suite("Text that steers nothing") struct VisibleTextTests {
  @Test("escape sequences, marks of direction and line ends are shown as escapes")
  func escapes() {
    #expect(visibleText("a\u{1B}[31mred") == #"a\u{1B}[31mred"#)
    #expect(visibleText("\u{9B}31m") == #"\u{9B}31m"#)
    #expect(
      visibleText("x\u{202E}y\u{2066}z\u{61C}\u{200F}") == #"x\u{202E}y\u{2066}z\u{61C}\u{200F}"#)
    #expect(visibleText("a\r\nb\tc\u{2028}\u{85}") == #"a\r\nb\tc\u{2028}\u{85}"#)
    #expect(
      visibleText("\u{FEFF}\u{200B}\u{E0041}\u{7F}\0") == #"\u{FEFF}\u{200B}\u{E0041}\u{7F}\u{0}"#)
  }

  @Test("letters, emoji with joiners and Arabic numbers stay as they are")
  func plain() {
    for text in ["", "plain", "Grüße, мир 日本", "👩‍👩‍👧 ❤️", "می‌خواهم", "\u{600}١٢", "e\u{301}"] {
      #expect(visibleText(text) == text)
    }
    #expect(visibleText("a\n\tb\u{8}", keepingLines: true) == "a\n\tb\\u{8}")
  }

  @Test("nothing hidden is left of random scalars, and the rest is unchanged")
  func random() {
    var generator = SeededGenerator(2201)
    for _ in 0..<300 {
      let scalars = (0..<40).compactMap { _ in
        Unicode.Scalar(
          UInt32.random(
            in: 0...(Bool.random(using: &generator) ? 0x2100 : 0x10FFFF), using: &generator))
      }
      let text = String(String.UnicodeScalarView(scalars))
      let visible = visibleText(text)
      #expect(visible.unicodeScalars.allSatisfy { !$0.isHidden })
      #expect(
        visible.unicodeScalars.filter { !$0.isASCII }
          == text.unicodeScalars.filter { !$0.isASCII && !$0.isHidden })
    }
  }

  @Test("JSON keeps its values and holds no hidden character")
  func json() throws {
    var generator = SeededGenerator(2202)
    for _ in 0..<100 {
      let scalars = (0..<30).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0xE007F, using: &generator))
      }
      let value = [
        "k": String(String.UnicodeScalarView(scalars + ["\u{202E}", "\u{9B}", "\u{E0001}"]))
      ]
      let json = visibleJSON([UInt8](try JSONEncoder().encode(value)))
      #expect(try JSONDecoder().decode([String: String].self, from: Data(json)) == value)
      #expect(String(decoding: json, as: UTF8.self).unicodeScalars.allSatisfy { !$0.isHidden })
    }
  }

  @Test("bytes in pieces are shown as the whole is, wherever they are cut")
  func pieces() {
    let whole = Array("a\u{9B}é\u{202E}日\u{1F600}\n".utf8) + [0xFF, 0x80, 0xE2, 0x82]
    let expected = visibleText(String(decoding: whole, as: UTF8.self), keepingLines: true)
    for size in 1...7 {
      var stream = VisibleBytes()
      var shown = ""
      for start in stride(from: 0, to: whole.count, by: size) {
        shown += stream.append(whole[start..<min(start + size, whole.count)])
      }
      #expect(shown + stream.finish() == expected, "\(size)")
    }
  }
}
