internal import GobbetFile

extension ChatTemplate {
  /// What tells templates apart, whatever they are called.
  var contentID: ContentDigest {
    func text(_ text: String) -> String { "S\(text.utf8.count):\(text)" }
    func list(_ parts: [Part]) -> String {
      parts.map { part in
        switch part.kind {
        case .token(let name): "T\(name.utf8.count):\(name)\(part.isCounted)"
        case .text(let string): text(string) + "\(part.isCounted)"
        }
      }.joined()
    }
    func list(_ calls: Calls) -> String {
      calls.parts.map { part in
        switch part {
        case .token(let name): "T\(name.utf8.count):\(name)"
        case .text(let string): text(string)
        case .name: "N"
        case .arguments: "A"
        }
      }.joined() + (calls.between.map(text) ?? "-")
    }
    var content = "\(trims);\(list(begin));\(list(end))"
    for (role, turn) in turns.sorted(by: { $0.key < $1.key }) {
      let joins = turn.joinsNext.map { "J\($0.utf8.count):\($0)" } ?? ""
      content += ";\(role.utf8.count):\(role);\(list(turn.before));\(list(turn.after));"
      content += "\(turn.lastAfter.map(list) ?? "-");\(turn.isCounted);\(joins)"
      if let between = turn.between { content += ";B\(list(between))" }
      if let calls = turn.calls { content += ";C\(list(calls))" }
    }
    if let systemPrompt { content += ";P\(text(systemPrompt))" }
    if let tools {
      content += ";O\(text(tools.joint));\(list(tools.before));"
      content += "\(text(tools.between));\(list(tools.after))"
    }
    return ContentDigest(of: Array(content.utf8).span)
  }
}
