// Every file of this target sees the spans of arrays.
@_exported public import GobbetSpans
