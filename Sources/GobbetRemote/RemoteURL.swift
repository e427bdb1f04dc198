/// The URL of a file, taken apart as far as files beside it, and errors, need it.
struct RemoteURL: Hashable, Sendable {
  /// The URL as it was given.
  let text: String

  /// Whether it is one of HTTP or HTTPS.
  var isSupported: Bool {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    return ["http", "https"].contains(scheme) && text.dropFirst(scheme.count).hasPrefix("://")
  }

  /// The URL without user, password and query.
  var displayed: String {
    var shown = String(path)
    if let start = shown.firstRange(of: "://")?.upperBound,
      let end = shown[start...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
    {
      shown.removeSubrange(start...end)
    }
    return path.endIndex == text.endIndex ? shown : shown + "?…"
  }

  /// Everything in front of the query.
  var path: Substring { text.prefix { $0 != "?" } }

  /// The file of that name in the same folder; a query stays.
  func beside(_ name: String) -> RemoteURL {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? path
    return RemoteURL(text: folder + name + text[path.endIndex...])
  }
}
