internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The names `.NAME.0.partial`, `.NAME.1.partial` … beside an output, for what is not finished yet.
///
/// Whoever holds such a file or folder keeps it locked (`flock`), so that one without a lock is what
/// a killed process left behind. Looking for those costs a few lookups, not a listing of the folder.
enum PartialName {
  /// How many writers of one output may be at work at a time.
  private static let slotCount = 1000
  /// Times that a slot is tried anew because another process is taking a leftover away.
  private static let attemptCount = 10_000
  /// Slots without a file after which there are taken to be no more leftovers.
  private static let gapCount = 2

  /// What became of a name that was in use.
  private enum Leftover { case none, removed, held }

  /// Makes something under the first free name beside `target` and locks it; leftovers of killed
  /// processes are removed on the way.
  ///
  /// `make` returns a descriptor, or -1 with `errno` set.
  /// - Throws: ``FileError`` (`create`), which names `path`.
  static func create(
    beside target: String, reportedAs path: String, _ make: (String) -> CInt
  ) throws(FileError) -> (path: String, descriptor: FileDescriptor) {
    let made = try TemporaryFiles.record {
      () throws(FileError) -> (path: String, made: FileDescriptor) in
      try createUnrecorded(beside: target, reportedAs: path, make)
    }
    return (made.path, made.made)
  }

  private static func createUnrecorded(
    beside target: String, reportedAs path: String, _ make: (String) -> CInt
  ) throws(FileError) -> (path: String, made: FileDescriptor) {
    let file = FilePath(target)
    guard let name = file.lastComponent else {
      throw FileError(path, .create, Errno.noSuchFileOrDirectory)
    }
    // The second for names that have no room for more letters.
    for stem in [name.string, short(name.string)] {
      let isLast = stem != name.string
      func partial(_ slot: Int) -> String {
        file.removingLastComponent().appending(".\(stem).\(slot).partial").string
      }
      var slot = 0
      for _ in 0..<attemptCount where slot < slotCount {
        let descriptor = make(partial(slot))
        if descriptor >= 0 {
          if isHeld(descriptor) {
            removeLeftovers(from: slot + 1, partial)
            return (partial(slot), FileDescriptor(rawValue: descriptor))
          }
          close(descriptor)
        } else if errno == EEXIST {
          if removeLeftover(partial(slot)) == .held { slot += 1 }
        } else if errno == ENAMETOOLONG, !isLast {
          break
        } else {
          throw FileError(path, .create, errno: errno)
        }
      }
    }
    throw FileError(path, .create, "too many others write it")
  }

  /// Stands for a long name: its letters, hashed.
  private static func short(_ name: String) -> String {
    let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "~" + String(hash, radix: 36)
  }

  /// Locks what was just made; false if another process took it for a leftover and removes it.
  private static func isHeld(_ descriptor: CInt) -> Bool {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // Where nothing can be locked, nothing is taken for a leftover either.
      return errno != EWOULDBLOCK
    }
    var status = stat()
    // SAFETY: `status` outlives the call.
    return unsafe fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  private static func removeLeftovers(from first: Int, _ partial: (Int) -> String) {
    var slot = first
    var gaps = 0
    while gaps < gapCount, slot < slotCount {
      if removeLeftover(partial(slot)) == .none { gaps += 1 } else { gaps = 0 }
      slot += 1
    }
  }

  /// Removes the file or folder at `path` if nobody has it locked.
  @discardableResult
  private static func removeLeftover(_ path: String) -> Leftover {
    let common = O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
    // SAFETY: `path` is passed as a NUL-terminated string.
    var descriptor = unsafe open(path, O_RDWR | common)
    if descriptor < 0, errno == EISDIR || errno == EACCES {
      descriptor = unsafe open(path, O_RDONLY | common)
    }
    guard descriptor >= 0 else { return errno == ENOENT ? .none : .held }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return .held }
    var opened = stat()
    var named = stat()
    // SAFETY: `opened` and `named` outlive the calls.
    guard unsafe fstat(descriptor, &opened) == 0 else { return .held }
    guard unsafe lstat(path, &named) == 0 else { return errno == ENOENT ? .removed : .held }
    guard opened.st_ino == named.st_ino, opened.st_dev == named.st_dev else { return .removed }
    switch opened.st_mode & S_IFMT {
    case S_IFREG: return unsafe unlink(path) == 0 ? .removed : .held
    case S_IFDIR: return removeFolderAndFiles(path) ? .removed : .held
    default: return .held
    }
  }

  /// Whether `name`, of an entry of a folder, is one of these names for something whose own name
  /// `isOurs` knows.
  static func isPartial(_ name: String, of isOurs: (Substring) -> Bool) -> Bool {
    let end = ".partial"
    guard name.utf8.first == UInt8(ascii: "."),
      name.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
    else { return false }
    let inner = name.dropFirst().dropLast(end.count)
    guard let dot = inner.lastIndex(of: ".") else { return false }
    return isOurs(inner[..<dot])
  }

  /// Removes, of the folder at `path`, what killed processes left of files whose names `isOurs`
  /// knows; what a living process holds stays.
  ///
  /// - Throws: ``FileError`` (`list`).
  static func removeLeftovers(
    in path: String, of isOurs: (Substring) -> Bool
  ) throws(FileError) {
    for name in try directoryEntries(path) where isPartial(name, of: isOurs) {
      removeLeftover(path + "/" + name)
    }
  }
}

/// Removes, of the folder at `path`, what killed processes left of files whose names `isOurs` knows;
/// what a living process holds stays.
///
/// - Throws: ``FileError`` (`list`).
package func removeLeftovers(
  in path: String, of isOurs: (Substring) -> Bool
) throws(FileError) {
  try PartialName.removeLeftovers(in: path, of: isOurs)
}

/// Removes the folder at `path` and the files in it; false if something stays.
@discardableResult
func removeFolderAndFiles(_ path: String) -> Bool {
  for name in (try? directoryEntries(path)) ?? [] {
    // SAFETY: both paths are passed as NUL-terminated strings.
    unsafe unlink(path + "/" + name)
  }
  return unsafe rmdir(path) == 0
}
