internal import SystemPackage

/// Several files that belong together, and take the places of older ones together.
///
/// They are written in a folder of their own beside the last of them. When all are there, the last is
/// taken away, the others are put in their places, and then the last, so that whoever finds the
/// others by it, or needs all of them, finds the old files, the new ones, or none, however the process
/// ends. Where a file cannot be put in its place the old ones come back.
package struct FileSet {
  private let staging: StagingFolder
  private let files: [(path: String, name: String, place: OutputPlace)]
  private let replaces: Bool

  /// Begins files that will have these paths, whose names differ.
  ///
  /// - Throws: ``FileError`` (`create`), as `AtomicFile` does for each of them.
  package init(_ paths: [String], replacing: Bool) throws(FileError) {
    precondition(!paths.isEmpty, "FileSet: no files")
    var files: [(path: String, name: String, place: OutputPlace)] = []
    for path in paths {
      let place = try OutputPlace(path, replacing: replacing)
      guard let name = FilePath(path).lastComponent?.string else {
        throw FileError(path, .create, Errno.noSuchFileOrDirectory)
      }
      files.append((path, name, place))
    }
    self.files = files
    replaces = replacing
    staging = try StagingFolder(beside: files[files.count - 1].place.path)
  }

  /// Where a file is to be written, under its own name.
  package func stagedPath(_ index: Int) -> String { staging.file(files[index].name) }

  /// Puts all files in their places.
  ///
  /// - Precondition: all were written, and have reached the disk.
  /// - Throws: ``FileError`` (`create`); nothing has changed then, as far as that could be seen to.
  package func commit() throws(FileError) {
    for (index, file) in files.enumerated() {
      try file.place.passOn(toFileAt: stagedPath(index), reportedAs: file.path)
    }
    var placed: [Int] = []
    do throws(FileError) {
      for (index, file) in files.enumerated() where file.place.previous != nil {
        // For the way back. A file system without links has none.
        try? linkFile(file.place.path, to: previousPath(index))
      }
      let last = files[files.count - 1]
      if files.count > 1, last.place.previous != nil {
        try removeFile(last.place.path)
        synchronizeFolder(of: last.place.path)
      }
      for (index, file) in files.enumerated() {
        if index == files.count - 1 { synchronizeFolder(of: file.place.path) }
        if replaces {
          try renameFile(stagedPath(index), to: file.place.path, reportedAs: file.path)
        } else {
          try linkFile(stagedPath(index), to: file.place.path)
        }
        placed.append(index)
      }
      synchronizeFolder(of: last.place.path)
    } catch {
      for index in placed where files[index].place.previous == nil {
        try? removeFile(files[index].place.path)
      }
      for (index, file) in files.enumerated() where file.place.previous != nil {
        try? renameFile(previousPath(index), to: file.place.path)
      }
      throw error
    }
  }

  private func previousPath(_ index: Int) -> String { staging.file(".\(index).previous") }
}
