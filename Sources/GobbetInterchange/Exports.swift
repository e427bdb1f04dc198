// Every file of this target sees the spans of arrays.
@_exported public import GobbetSpans
// The readers of tokenizers are a product of their own.
@_exported public import GobbetTokenizers
