"""The structures of the C API, as `gobbet.h` declares them."""

from ctypes import Structure, c_char, c_char_p, c_float, c_int32, c_size_t, c_uint8, c_uint32
from ctypes import c_uint64, c_void_p


class ErrorText(Structure):
    """`gobbet_error`"""

    _fields_ = [("size", c_uint32), ("status", c_int32), ("message", c_char * 1016)]


class VocabularyInfo(Structure):
    """`gobbet_vocabulary_info`"""

    _fields_ = [
        ("size", c_uint32),
        ("id_bound", c_uint32),
        ("token_count", c_uint32),
        ("merge_count", c_uint32),
        ("special_token_count", c_uint32),
        ("longest_token_byte_count", c_uint32),
        ("fingerprint", c_uint8 * 32),
        ("pattern", c_char * 32),
        ("front_token_count", c_uint32),
        ("behind_token_count", c_uint32),
    ]


class SpecialTokens(Structure):
    """`gobbet_special_tokens`"""

    _fields_ = [
        ("size", c_uint32),
        ("allow_all", c_uint32),
        ("allowed", c_void_p),
        ("allowed_count", c_size_t),
        ("refuse_others", c_uint32),
        ("reserved", c_uint32),
        ("add_template", c_uint32),
    ]


class CorpusOptions(Structure):
    """`gobbet_corpus_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("format", c_uint32),
        ("text_key", c_char_p),
        ("identifier_key", c_char_p),
        ("separator", c_char_p),
        ("separator_byte_count", c_size_t),
        ("skip_bad_lines", c_uint32),
        ("reserved", c_uint32),
        ("skip_foreign_files", c_uint32),
        ("is_part", c_uint32),
    ]


class CorpusLog(Structure):
    """`gobbet_corpus_log`"""

    _fields_ = [
        ("size", c_uint32),
        ("note_count", c_uint32),
        ("skipped_file_count", c_uint64),
        ("listed_file_count", c_uint64),
        ("empty_file_count", c_uint64),
        ("bad_line_count", c_uint64),
        ("bad_line_kinds", c_uint64 * 4),
    ]


class CorpusInput(Structure):
    """`gobbet_corpus_input`"""

    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("is_named", c_uint32),
        ("is_empty", c_uint32),
        ("is_left_out", c_uint32),
        ("is_plain_text", c_uint32),
        ("compression", c_uint32),
        ("reserved", c_uint32),
    ]


class CorpusBatch(Structure):
    """`gobbet_corpus_batch`"""

    _fields_ = [
        ("size", c_uint32),
        ("bad_line_count", c_uint32),
        ("document_count", c_uint64),
        ("text_byte_count", c_uint64),
        ("identifier_byte_count", c_uint64),
        ("unit_count", c_uint64),
        ("bad_line_kinds", c_uint64 * 4),
    ]


class TrainingOptions(Structure):
    """`gobbet_training_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("vocabulary_size", c_uint32),
        ("tie_break", c_uint32),
        ("special_tokens_first", c_uint32),
        ("minimum_frequency", c_uint64),
        ("maximum_token_length", c_uint64),
        ("specials", c_char_p),
        ("special_ends", c_void_p),
        ("special_count", c_size_t),
        ("merge_count", c_void_p),
    ]


class DatasetInfo(Structure):
    """`gobbet_dataset_info`"""

    _fields_ = [
        ("size", c_uint32),
        ("id_bound", c_uint32),
        ("token_count", c_uint64),
        ("document_count", c_uint64),
        ("block_token_count", c_uint64),
        ("content_id", c_uint8 * 32),
        ("fingerprint", c_uint8 * 32),
        ("codec", c_char * 16),
        ("has_loss_mask", c_uint32),
    ]


class SamplerState(Structure):
    """`gobbet_sampler_state`"""

    _fields_ = [
        ("size", c_uint32),
        ("order", c_uint32),
        ("windows_per_group", c_uint64),
        ("groups_together", c_uint64),
        ("content_id", c_uint8 * 32),
        ("length", c_uint64),
        ("stride", c_uint64),
        ("window_count", c_uint64),
        ("seed", c_uint64),
        ("epoch", c_uint64),
        ("rank", c_uint64),
        ("world_size", c_uint64),
        ("position", c_uint64),
        ("stop_count", c_uint64),
        ("stop_world_sizes", c_uint64 * 16),
        ("stop_positions", c_uint64 * 16),
    ]


class RowOptions(Structure):
    """`gobbet_row_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("long_documents", c_uint32),
        ("gaps", c_uint32),
        ("reserved", c_uint32),
        ("length", c_uint64),
        ("group_document_count", c_uint64),
        ("plan_byte_budget", c_uint64),
    ]


class RowsInfo(Structure):
    """`gobbet_rows_info`"""

    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("row_count", c_uint64),
        ("token_count", c_uint64),
        ("cropped_token_count", c_uint64),
        ("padding_count", c_uint64),
        ("content_id", c_uint8 * 32),
        ("too_long_count", c_uint64),
    ]


class DatasetOptions(Structure):
    """`gobbet_dataset_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("replace", c_int32),
        ("codec", c_char_p),
        ("block_token_count", c_uint64),
        ("fingerprint_only", c_int32),
        ("loss_rule", c_void_p),
        ("loss_rule_count", c_size_t),
    ]


class TensorInfo(Structure):
    """`gobbet_tensor_info`"""

    _fields_ = [
        ("size", c_uint32),
        ("element_type", c_uint32),
        ("byte_count", c_uint64),
        ("stored_byte_count", c_uint64),
        ("rank", c_uint32),
        ("is_raw", c_uint32),
        ("shape", c_uint64 * 8),
        ("name", c_char * 520),
        ("file_offset", c_uint64),
    ]


class WeightsOptions(Structure):
    """`gobbet_weights_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("replace", c_int32),
        ("codec", c_char_p),
        ("metadata", c_char_p),
        ("metadata_byte_count", c_size_t),
        ("vocabulary", c_void_p),
    ]


class ModelOptions(Structure):
    """`gobbet_model_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("thread_count", c_uint32),
        ("element", c_char_p),
        ("vocabulary", c_void_p),
    ]


class ModelInfo(Structure):
    """`gobbet_model_info`"""

    _fields_ = [
        ("size", c_uint32),
        ("id_bound", c_uint32),
        ("logit_count", c_uint32),
        ("hidden_size", c_uint32),
        ("layer_count", c_uint32),
        ("head_count", c_uint32),
        ("context_length", c_uint64),
        ("weight_byte_count", c_uint64),
    ]


class GenerationOptions(Structure):
    """`gobbet_generation_options`"""

    _fields_ = [
        ("size", c_uint32),
        ("thread_count", c_uint32),
        ("maximum_token_count", c_uint64),
        ("temperature", c_float),
        ("top_p", c_float),
        ("min_p", c_float),
        ("repetition_penalty", c_float),
        ("top_k", c_uint64),
        ("seed", c_uint64),
        ("stop_ids", c_void_p),
        ("stop_id_count", c_size_t),
        ("stop_texts", c_char_p),
        ("stop_text_ends", c_void_p),
        ("stop_text_count", c_size_t),
        ("ignore_ends", c_uint32),
        ("reserved", c_uint32),
    ]


class GenerationStep(Structure):
    """`gobbet_generation_step`"""

    _fields_ = [
        ("size", c_uint32),
        ("end", c_uint32),
        ("id", c_uint32),
        ("reserved", c_uint32),
        ("text_byte_count", c_uint64),
    ]


# Of `extension/quick.c`, which is of the same wheel: without their size.


class QuickEncoder(Structure):
    _fields_ = [("encode", c_void_p), ("vocabulary", c_void_p)]


class QuickRoom(Structure):
    _fields_ = [
        ("ids", c_void_p),
        ("capacity", c_size_t),
        ("count", c_size_t),
        ("error", c_void_p),
    ]
