/// The name of a file as text that keeps its bytes, whatever they are.
///
/// A name is UTF-8 almost always, but the system allows any bytes. Each byte that belongs to no
/// scalar becomes one of U+10FF80 to U+10FFFF, and so do the bytes of a name that holds those
/// scalars itself: the way back, ``pathBytes(_:)``, gives every name its own bytes.
package func pathText(_ bytes: some RandomAccessCollection<UInt8>) -> String {
  let bytes = Array(bytes)
  if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) { return text }
  var text = String.UnicodeScalarView()
  var position = 0
  while position < bytes.count {
    let end = position + scalarByteCount(startingWith: bytes[position])
    if end <= bytes.count,
      let scalar = String(validating: bytes[position..<end], as: UTF8.self)?.unicodeScalars.first,
      scalar.value < firstEscape
    {
      text.append(scalar)
      position = end
    } else {
      // An ASCII byte is always a scalar, so that this one is 0x80 or more.
      text.append(Unicode.Scalar(firstEscape - 0x80 + UInt32(bytes[position])) ?? "\u{FFFD}")
      position += 1
    }
  }
  return String(text)
}

/// The bytes of the name that ``pathText(_:)`` made `path` of, which are its UTF-8 for any other
/// text.
package func pathBytes(_ path: String) -> [UInt8] {
  guard path.utf8.contains(0xF4) else { return Array(path.utf8) }
  var bytes: [UInt8] = []
  for scalar in path.unicodeScalars {
    if scalar.value >= firstEscape {
      bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      bytes.append(contentsOf: Array(String(scalar).utf8))
    }
  }
  return bytes
}

/// `path` for people: bytes that aren't text as `\xE9`.
package func displayedPath(_ path: String) -> String {
  guard path.utf8.contains(0xF4) else { return path }
  var text = ""
  for scalar in path.unicodeScalars {
    if scalar.value >= firstEscape {
      text += "\\x" + String(UInt8(truncatingIfNeeded: scalar.value), radix: 16, uppercase: true)
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// Whether the name is not UTF-8.
func isForeignPath(_ path: String) -> Bool {
  path.utf8.contains(0xF4) && path.unicodeScalars.contains { $0.value >= firstEscape }
}

/// `path` as the system takes it: its bytes and a NUL.
func systemPath(_ path: String) -> [CChar] {
  pathBytes(path).map { CChar(bitPattern: $0) } + [0]
}

/// The arguments of the process, without its name; those that aren't UTF-8 as ``pathText(_:)`` has
/// them.
package func commandLineArguments() -> [String] {
  // SAFETY: the system gives the process that many NUL-terminated strings, which live as long as it
  // does.
  (1..<max(1, Int(CommandLine.argc))).compactMap { index in
    guard let argument = unsafe CommandLine.unsafeArgv[index] else { return nil }
    var bytes: [UInt8] = []
    var position = 0
    while unsafe argument[position] != 0 {
      bytes.append(unsafe UInt8(bitPattern: argument[position]))
      position += 1
    }
    return pathText(bytes)
  }
}

/// The scalar that stands for the byte 0x80.
private let firstEscape: UInt32 = 0x10FF80

private func scalarByteCount(startingWith byte: UInt8) -> Int {
  switch byte {
  case 0xF0...: 4
  case 0xE0...: 3
  case 0xC0...: 2
  default: 1
  }
}
