/// What a reader of weights checks of their data; tables are always checked.
public enum WeightChecks: String, Hashable, Sendable, CaseIterable {
  /// Every block when the file is opened, and again when it is read.
  case all
  /// Each block that is read, when it is.
  case touched
  /// Nothing: for a file that was verified before.
  case none
}
