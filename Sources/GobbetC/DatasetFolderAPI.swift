// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetInterchange

/// A folder that one job fills.
private final class DatasetFolderHandle: Sendable {
  let folder: DatasetFolder

  init(_ folder: DatasetFolder) { self.folder = folder }
}

@c @implementation
public func gobbet_dataset_folder_begin(
  _ path: UnsafePointer<CChar>?, _ plan: UnsafePointer<UInt8>?, _ planByteCount: Int,
  _ mode: UInt32, _ folder: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let path = try text(path, "path")
    let begun = try result(folder, "folder")
    let modes: [DatasetFolder.Mode] = [.new, .replace, .resume]
    guard modes.indices.contains(Int(mode)) else { throw CallError.invalid("mode: \(mode)") }
    let plan = try DatasetPlan(json: Array(try buffer(plan, planByteCount, "plan")), path: "plan")
    switch try DatasetFolder.begin(path, plan, modes[Int(mode)]) {
    case .begun(let new): try deliver(DatasetFolderHandle(new), to: begun, "folder")
    case .finished: begun.pointee = nil
    }
  }
}

@c @implementation
public func gobbet_dataset_folder_finish(
  _ folder: OpaquePointer?, _ manifest: UnsafePointer<UInt8>?, _ manifestByteCount: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    guard let handle = HandleTable.shared.remove(folder, as: DatasetFolderHandle.self) else {
      throw CallError.invalid("folder: no open handle")
    }
    let text = Array(try buffer(manifest, manifestByteCount, "manifest"))
    _ = try handle.folder.finish(try DatasetManifest(json: text, path: "manifest").splits)
  }
}

@c @implementation
public func gobbet_dataset_folder_close(_ folder: OpaquePointer?) {
  HandleTable.shared.remove(folder, as: DatasetFolderHandle.self)
}
