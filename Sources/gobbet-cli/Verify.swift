import ArgumentParser
import Gobbet

/// `gobbet verify`: whether everything in a file is as it was written.
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every checksum, index, id and signature of .gobbet files.",
    discussion: """
      Exits with 1 if a file is damaged, and says where the first fault is. In a folder of shards, \
      every file is checked and compared with the manifest.
      """)

  @Argument(help: "The files or folders of shards.") var inputs: [String]
  @Option(help: "The public key of the signer: 64 hexadecimal digits or a file of them.")
  var key: String?
  @Flag(help: "Print one JSON object per file.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  private struct Report: Encodable {
    let file: String
    let ok: Bool
    let sections: Int?
    let content_id: String?
    let signed_by: String?
    let fault: String?
  }

  func run() async throws {
    let publicKey = try key.map { try KeyFiles.publicKey($0) }
    var damaged = 0
    Interruption.watch("nothing was changed, run the command again")
    for input in try files() {
      do {
        if let fault = input.fault { throw fault }
        let file = try input.file ?? OpenedFile(input.path)
        let input = input.path
        let progress = Progress(progressOptions)
        defer { progress.finish() }
        let verification = try await FileVerification(file, signedBy: publicKey) {
          progress.showBytes($0, of: $1)
        }
        progress.finish()
        let container = verification.container
        let signer = verification.signature.map { hexadecimal($0.publicKey) }
        if json {
          try writeJSON(
            Report(
              file: input, ok: true, sections: container.sections.count,
              content_id: "\(container.contentID)", signed_by: signer, fault: nil))
        } else {
          try writeLine(
            "\(input): ok, \(container.sections.count.grouped("section")), "
              + "content id \(container.contentID)"
              + (signer.map { ", signed by \($0)" } ?? ""))
        }
      } catch let error as FileError {
        throw error
      } catch let error as CancellationError {
        throw error
      } catch {
        damaged += 1
        if json {
          try writeJSON(
            Report(
              file: input.path, ok: false, sections: nil, content_id: nil, signed_by: nil,
              fault: "\(error)"))
        } else {
          note("gobbet: \(error)")
        }
      }
    }
    if damaged > 0 { throw ExitCode(ExitStatus.negative.rawValue) }
  }

  /// A file to look at, and what is wrong with its place in a folder.
  private struct Input {
    let path: String
    var file: OpenedFile?
    var fault: (any Error)?
  }

  /// The files to look at, folders by what their manifests list; a fault where a manifest does not
  /// fit what is there.
  private func files() throws -> [Input] {
    var files: [Input] = []
    for input in inputs {
      guard isFolder(input), isThere(manifestPath(input)) else {
        files.append(Input(path: input))
        continue
      }
      do {
        let folder = try OpenedFile(manifestPath(input))
        let manifest = try DatasetManifest(folder)
        for name in manifest.names {
          let file = try? folder.neighbour(name)
          files.append(Input(path: input + "/" + name, file: file))
        }
        // What else is wrong with a file, verifying it says.
        manifest.check(in: input, beside: folder) { path, error in
          if error is LoadingError { files.append(Input(path: path, fault: error)) }
        }
      } catch let error as FileError {
        throw error
      } catch {
        files.append(Input(path: manifestPath(input), fault: error))
      }
    }
    return files
  }
}
