/// Where the documents of all files of a dataset begin and end.
package struct DocumentPlaces: Sendable {
  /// Those of each file.
  let files: [DocumentIndex]
  /// Where the tokens of each file are among all tokens.
  let tokens: DocumentIndex
  /// Where the documents of each file are among all documents.
  let documents: DocumentIndex

  /// How many documents there are.
  package var count: Int { documents.tokenCount }

  /// The tokens of a document, as a range of all tokens.
  ///
  /// - Precondition: there is such a document.
  /// - Complexity: O(log number of files).
  package subscript(index: Int) -> Range<Int> {
    if files.count == 1 { return files[0][index] }
    let file = documents.document(containing: index)
    let document = files[file][index - documents[file].lowerBound]
    let start = tokens[file].lowerBound
    return (start + document.lowerBound)..<(start + document.upperBound)
  }

  /// The number of tokens of each of some documents.
  ///
  /// - Precondition: there are such documents.
  func lengths(_ range: Range<Int>) -> [Int] { range.map { self[$0].count } }
}
