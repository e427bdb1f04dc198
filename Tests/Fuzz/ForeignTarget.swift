import Foundation

/// The files of one process, written anew for each execution.
private struct Scratch {
  let kind: ForeignKind
  let stem: String
  private let first: CInt
  private let second: CInt?

  init() {
    let name = ProcessInfo.processInfo.environment["GOBBET_FUZZ_KIND"] ?? ""
    guard let kind = ForeignKind(rawValue: name) else {
      preconditionFailure("GOBBET_FUZZ_KIND isn't one of \(ForeignKind.allCases)")
    }
    self.kind = kind
    let folder = ProcessInfo.processInfo.environment["GOBBET_FUZZ_FOLDER"] ?? "."
    stem = "\(folder)/\(kind)-\(getpid())"
    first = Self.open(stem + kind.ending)
    second = kind.secondEnding.map { [stem] in Self.open(stem + $0) }
  }

  private static func open(_ path: String) -> CInt {
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0, "\(path) cannot be written")
    return descriptor
  }

  /// Two files are one input: the length of the first, two bytes of it, stands in front.
  func put(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let second else { return Self.put(bytes[...], first) }
    let length = bytes.count < 2 ? 0 : Int(bytes[0]) | Int(bytes[1]) << 8
    let rest = bytes.dropFirst(2)
    Self.put(rest.prefix(length), first)
    Self.put(rest.dropFirst(length), second)
  }

  private static func put(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ descriptor: CInt) {
    let part = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes))
    precondition(
      ftruncate(descriptor, off_t(part.count)) == 0
        && pwrite(descriptor, part.baseAddress, part.count, 0) == part.count,
      "the file cannot be written")
  }
}

private let scratch = Scratch()

/// One execution: reads a file, or two.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  scratch.put(UnsafeBufferPointer(start: start, count: count))
  scratch.kind.read(scratch.stem)
  return 0
}
