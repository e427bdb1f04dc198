import Foundation
import Gobbet
import GobbetPage
import Synchronization

/// Standard output: every byte of a result is written, or the command ends with 74.
///
/// Results go through here only. What is written is kept until there is much of it, or until
/// ``flush()``.
enum StandardOutput {
  private static let pending = Mutex<[UInt8]>([])
  private static let pendingLimit = 1 << 16

  static let isTerminal = isatty(1) == 1

  /// How many letters a line of the terminal has; nil if it doesn't tell, or isn't one.
  static var terminalWidth: Int? {
    var size = winsize()
    // SAFETY: the call fills the one structure.
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`); ``Failure`` (`brokenPipe`) if nobody reads any more.
  static func write(_ bytes: some Collection<UInt8>) throws {
    let isFull = pending.withLock { pending in
      pending.append(contentsOf: bytes)
      return pending.count >= pendingLimit
    }
    if isFull { try flush() }
  }

  /// Hands everything over to the system.
  ///
  /// - Throws: as ``write(_:)``.
  static func flush() throws {
    let bytes = pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
    try check(systemWrite(1, bytes))
  }

  /// Hands everything over and closes standard output: some file systems report a full disk then.
  ///
  /// - Throws: as ``write(_:)``.
  static func finish() throws {
    try flush()
    try check(close(1) == 0 || errno == EBADF ? 0 : errno)
  }

  private static func check(_ code: CInt) throws {
    switch code {
    case 0: return
    case EPIPE: throw Failure(.brokenPipe, "")
    default: throw FileError("standard output", .write, errno: code)
    }
  }
}

/// Writes one line of a result to standard output, whatever is in it: nothing that a file or an argument
/// named ends the line, or steers the terminal.
///
/// - Throws: as ``StandardOutput``.
func writeLine(_ line: String) throws {
  try StandardOutput.write((visibleText(line) + "\n").utf8)
}

/// Writes lines of a result to standard output, each as ``writeLine(_:)`` does.
///
/// - Throws: as ``StandardOutput``.
func writeLines(_ lines: [String]) throws { for line in lines { try writeLine(line) } }

/// Writes text that is itself the result: as it is, but to a terminal, where control characters other
/// than line feeds and tabs are shown as escapes.
struct TextOutput {
  private var visible = VisibleBytes()

  /// Appends bytes of the text.
  ///
  /// - Throws: as ``StandardOutput``.
  mutating func write(_ bytes: some Collection<UInt8>) throws {
    guard StandardOutput.isTerminal else { return try StandardOutput.write(bytes) }
    try StandardOutput.write(visible.append(bytes).utf8)
  }

  /// Ends the text.
  ///
  /// - Throws: as ``StandardOutput``.
  mutating func finish() throws { try StandardOutput.write(visible.finish().utf8) }
}

/// One JSON object on one line of standard output, its keys sorted and in snake case.
func writeJSON(_ report: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  try StandardOutput.write(visibleJSON([UInt8](try encoder.encode(report))) + [0x0A])
}

/// The same of a report of the library.
func writeJSON(_ report: JSONReport) throws {
  try StandardOutput.write(visibleJSON(report.bytes) + [0x0A])
}

/// Standard error: what a person should know besides the results.
///
/// A line that cannot be written is left out: there is nobody to tell.
enum StandardError {
  /// Whether the last line is one that the next one takes the place of.
  private static let isLineOpen = Atomic(false)
  private static let clearing = "\r\u{1B}[K"

  static let isTerminal = isatty(2) == 1

  /// The most bytes of a line: what a file or an argument named may be longer.
  private static let lineLimit = 1 << 14

  /// Writes lines for good; what a file or an argument named steers no terminal.
  static func write(_ lines: [String]) {
    let isOpen = isLineOpen.exchange(false, ordering: .relaxed)
    let text = lines.map { visibleText($0.cropped(to: lineLimit)) + "\n" }.joined()
    _ = systemWrite(2, Array(((isOpen ? clearing : "") + text).utf8))
  }

  /// Writes a line that the next one takes the place of, which only a terminal can show.
  static func rewrite(_ line: String) {
    isLineOpen.store(true, ordering: .relaxed)
    _ = systemWrite(2, Array((clearing + visibleText(line)).utf8))
  }

  /// Takes away a line that was to be replaced.
  static func clear() {
    guard isLineOpen.exchange(false, ordering: .relaxed) else { return }
    _ = systemWrite(2, Array(clearing.utf8))
  }
}

/// One line for the person at the terminal, on standard error.
func note(_ line: String) { StandardError.write([line]) }

/// Opens the standard streams that the caller has closed, in a way that refuses what they are for.
///
/// Otherwise the first file that is opened would take the number of one, and get what is meant for it.
func fillStandardStreams() {
  for descriptor: CInt in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
    _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}

/// Writes all bytes, whatever interrupts; returns 0, or the system's error number.
private func systemWrite(_ descriptor: CInt, _ bytes: [UInt8]) -> CInt {
  var start = 0
  while start < bytes.count {
    // SAFETY: the call reads the bytes of the buffer, from an index within it on.
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Foundation.write(
        descriptor, UnsafeRawBufferPointer(rebasing: buffer[start...]).baseAddress,
        buffer.count - start)
    }
    if count >= 0 {
      start += count
    } else if errno == EAGAIN {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      // SAFETY: the call fills the one structure.
      _ = unsafe poll(&wait, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
