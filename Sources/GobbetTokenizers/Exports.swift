// An app that reads a tokenizer uses it, too.
@_exported public import GobbetBPE
// Every file of this target sees the spans of arrays.
@_exported public import GobbetSpans
