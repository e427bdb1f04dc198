internal import GobbetSystem

/// Where a container is written: a new file, or the end of one.
struct OutputFile: ~Copyable {
  /// Bytes of the file so far.
  private(set) var byteCount: Int
  // One of the two.
  private var new: AtomicFile?
  private var grown: GrowingFile?

  /// A file that appears at `path` when it is committed.
  init(new path: String, replacing: Bool) throws(FileError) {
    byteCount = 0
    new = try AtomicFile(path, replacing: replacing)
    grown = nil
  }

  /// The end of `file`.
  init(growing file: consuming GrowingFile) {
    byteCount = file.byteCount
    new = nil
    grown = consume file
  }

  mutating func write(_ bytes: Span<UInt8>) throws(FileError) {
    byteCount += bytes.count
    try new?.write(bytes)
    try grown?.write(bytes)
  }

  /// Writes zeros up to a multiple of the format's alignment.
  mutating func pad() throws(FileError) {
    let count = -byteCount & (FormatLimits.alignment - 1)
    try write([UInt8](repeating: 0, count: count).span)
  }

  mutating func overwrite(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
    try new?.overwrite(bytes, at: offset)
    try grown?.overwrite(bytes, at: offset)
  }

  /// Has all bytes so far reach the disk before what follows them.
  mutating func synchronize() throws(FileError) {
    try new?.synchronize()
    try grown?.synchronize()
  }

  /// Has the bytes reach the disk, and a new file its name; other writers may then append.
  mutating func commit() throws(FileError) {
    try new?.commit()
    try grown?.synchronize()
    grown = nil
  }
}
