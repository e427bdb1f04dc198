import Foundation

/// The folders in which programs keep what they have downloaded.
enum CacheFolders {
  /// Gobbet's own, which it reads and never writes.
  static var own: String { folder(["GOBBET_CACHE_DIR"], caches + "/gobbet") }

  /// tiktoken's.
  static var tiktoken: String {
    let temporary = folder(["TMPDIR", "TEMP", "TMP"], "/tmp")
    return folder(["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"], temporary + "/data-gym-cache")
  }

  /// Hugging Face's.
  static var hub: String {
    folder(["HF_HUB_CACHE"], folder(["HF_HOME"], caches + "/huggingface") + "/hub")
  }

  private static var caches: String { folder(["XDG_CACHE_HOME"], NSHomeDirectory() + "/.cache") }

  /// What the first of the variables says that is set; without one, `otherwise`.
  private static func folder(_ variables: [String], _ otherwise: String) -> String {
    let environment = ProcessInfo.processInfo.environment
    return variables.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? otherwise
  }
}
