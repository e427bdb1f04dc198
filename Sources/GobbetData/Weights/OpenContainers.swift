package import GobbetFile
internal import Synchronization

/// Containers that are open already, for files whose tensors differ from those of one of them: a base that
/// is one of these isn't opened again.
package final class OpenContainers: Sendable {
  private let known = Mutex<[ContentDigest: ContainerReader]>([:])

  /// Creates an empty list.
  package init() {}

  /// Adds a container, which stays open as long as the list.
  package func add(_ container: ContainerReader) {
    known.withLock { $0[container.contentID] = container }
  }

  /// The container of that content id; nil if none of these is it.
  subscript(contentID: ContentDigest) -> ContainerReader? { known.withLock { $0[contentID] } }
}
