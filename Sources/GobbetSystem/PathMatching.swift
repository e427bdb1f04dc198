#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The paths that match `pattern`, in which `*`, `?` and `[…]` stand for what they do in a shell, in
/// the order of their bytes; none if nothing matches, or the pattern holds none of these.
///
/// - Throws: ``FileError`` (`list`) if memory or a folder fails.
package func matchingPaths(_ pattern: String) throws(FileError) -> [String] {
  let special: Set<UInt8> = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]
  guard pattern.utf8.contains(where: special.contains) else { return [] }
  var found = unsafe glob_t()
  // SAFETY: the pattern is passed as a NUL-terminated string; what `glob` allocates is freed here,
  // once, and its paths are NUL-terminated strings that live until then.
  let status = unsafe glob(systemPath(pattern), GLOB_NOSORT, nil, &found)
  defer { unsafe globfree(&found) }
  guard status != GLOB_NOMATCH else { return [] }
  guard status == 0 else { throw FileError(pattern, .list, "the pattern cannot be looked up") }
  var paths: [[UInt8]] = []
  for index in unsafe 0..<Int(found.gl_pathc) {
    guard let path = unsafe found.gl_pathv[index] else { continue }
    paths.append((0..<(unsafe Int(strlen(path)))).map { unsafe UInt8(bitPattern: path[$0]) })
  }
  return paths.sorted { $0.lexicographicallyPrecedes($1) }.map { pathText($0) }
}
