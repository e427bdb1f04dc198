internal import SystemPackage

extension InputFile {
  /// What the process has open already under a path that says so, to be read at any offset; nil for any other
  /// path.
  ///
  /// `-` and `/dev/stdin` are standard input, and `/dev/fd/63` is how a shell names the output of another program.
  /// What isn't a regular file there is copied into one without a name, which is gone when the value is. Named pipes
  /// are no such paths: nobody may ever write into them.
  /// - Throws: ``FileError``: `open`; `read` also where there is no room for the copy.
  static func inherited(_ path: String) throws(FileError) -> InputFile? {
    let isStandardInput = path == "-" || path == "/dev/stdin"
    guard isStandardInput || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/") else {
      return nil
    }
    let input = try InputFile(isStandardInput ? "/dev/stdin" : path)
    if input.byteCount != nil { return input }
    let copy = try unnamedFile(path)
    var byteCount = 0
    do throws(FileError) {
      var rest = true
      while rest {
        let piece = try input.nextBytes(atMost: 1 << 20)
        rest = !piece.isEmpty
        do {
          byteCount += try copy.writeAll(piece)
        } catch {
          throw FileError(path, .read, "its copy in \(temporaryFolder): \(reason(of: error))")
        }
      }
    } catch {
      try? copy.close()
      throw error
    }
    return InputFile(path, copy, byteCount: byteCount, identity: nil)
  }

  /// The next bytes of the file; none at its end.
  private func nextBytes(atMost limit: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(FileError) {
        // SAFETY: the buffer has room for what is read, and as much of it counts as was read.
        count = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// An open file that no path names.
  private static func unnamedFile(_ path: String) throws(FileError) -> FileDescriptor {
    let place = FilePath("\(temporaryFolder)/gobbet-\(UInt64.random(in: .min ... .max))")
    do {
      let descriptor = try FileDescriptor.open(
        place, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: .ownerReadWrite)
      try removeFile(place.string)
      return descriptor
    } catch {
      throw FileError(path, .read, "its copy in \(temporaryFolder): \(reason(of: error))")
    }
  }

  /// Where temporary files belong.
  private static var temporaryFolder: String {
    environmentText("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
  }
}
