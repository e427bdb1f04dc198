internal import GobbetData
internal import GobbetFile
package import GobbetInterchange
package import GobbetSystem

/// A file to verify, and what is wrong with its place in a folder.
package struct VerificationInput: Sendable {
  /// The path for a report.
  package let path: String
  private var file: OpenedFile?
  private var fault: (any Error)?

  /// The files that a path leads to: of a folder of shards those that its manifest lists, and of any
  /// other folder, such as a model's, its `.gobbet` files; a fault where a manifest does not fit what is
  /// there.
  ///
  /// - Throws: `FileError`.
  package static func all(at path: String) throws(FileError) -> [VerificationInput] {
    let manifestPath = path + "/" + DatasetManifest.fileName
    guard (try? FileStatus(of: path))?.kind == .directory else {
      return [VerificationInput(path: path)]
    }
    guard (try? FileStatus(of: manifestPath)) != nil else {
      // Files of other formats beside them have nothing that could be verified.
      let names = try directoryEntries(path).filter { $0.hasSuffix(".gobbet") }
      guard !names.isEmpty else {
        throw FileError(path, .open, "a folder without a manifest.json or a .gobbet file")
      }
      return names.map { VerificationInput(path: path + "/" + $0) }
    }
    var inputs: [VerificationInput] = []
    do {
      let folder = try OpenedFile(manifestPath)
      let manifest = try DatasetManifest(folder)
      for name in manifest.names {
        let file = try? folder.neighbour(name)
        inputs.append(VerificationInput(path: path + "/" + name, file: file))
      }
      // What else is wrong with a file, verifying it says.
      manifest.check(in: path, beside: folder) { path, error in
        if error is LoadingError { inputs.append(VerificationInput(path: path, fault: error)) }
      }
    } catch let error as FileError {
      throw error
    } catch {
      inputs.append(VerificationInput(path: manifestPath, fault: error))
    }
    return inputs
  }

  /// The open file.
  ///
  /// - Throws: what is wrong with its place; `FileError`.
  package func opened() throws -> OpenedFile {
    if let fault { throw fault }
    return try file ?? OpenedFile(path)
  }
}

/// What verifying a file found out.
package struct VerificationReport: Sendable {
  package let file: String
  package let isWhole: Bool
  package private(set) var sectionCount: Int?
  package private(set) var contentID: String?
  package private(set) var signer: String?
  package private(set) var fault: String?

  /// Of a file that is as it was written.
  package init(_ file: String, _ verification: FileVerification) {
    self.file = file
    isWhole = true
    sectionCount = verification.container.sections.count
    contentID = "\(verification.container.contentID)"
    signer = verification.signature?.signer
  }

  /// Of a file with a fault.
  package init(_ file: String, fault: any Error) {
    self.file = file
    isWhole = false
    self.fault = "\(fault)"
  }

  /// The report as `--json` prints it.
  package var json: JSONReport {
    .object([
      "file": .text(file), "ok": .flag(isWhole), "sections": sectionCount.map { .number($0) },
      "content_id": contentID.map { .text($0) }, "signed_by": signer.map { .text($0) },
      "fault": fault.map { .text($0) },
    ])
  }
}
