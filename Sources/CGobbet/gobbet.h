/// Gobbet for other languages: vocabularies, token datasets and weights in `.gobbet` files, and models.
///
/// Rules that hold for every function:
///
/// - **Status.** A function that can fail returns GOBBET_OK or says why in its status, and one line
///   of text in `error`, which may be null. What a failed function would have written through its
///   other pointers is unspecified unless said otherwise.
/// - **Handles** are numbers that look like pointers and are looked up at every call. One that is
///   null, closed or of another kind gives GOBBET_INVALID_ARGUMENT, never a crash. A handle that is
///   closed while another thread uses it lives until that call returns.
/// - **Memory** is the caller's: results go into buffers of a stated capacity, and one that is too
///   small gives GOBBET_BUFFER_TOO_SMALL and the number needed. Nothing of the caller is kept
///   after a call returns.
/// - **Structures** begin with their own size in bytes, set by the caller: an older caller's
///   structure may be shorter than the library's, whose defaults then hold for the rest. A zero
///   means "the default" unless said otherwise.
/// - **Threads.** A thread count is 0, for one per core, to 1,024; more give GOBBET_INVALID_ARGUMENT.
///   Any handle may be used from any number of threads at once, except that calls on one writer,
///   sampler or table of counts wait for each other. A vocabulary keeps an encoder for as many threads
///   as used it at once, each with up to 32 MiB of what it has seen. No thread outlives a call but
///   those of a generation, no function calls back. A process may fork: handles keep working in the
///   child, except generations, and datasets and writers that another thread was using at that moment.
/// - **Text** is UTF-8 in bytes with a length; paths and names are UTF-8 that ends in a zero byte.
///   Text that isn't UTF-8 is allowed wherever tokens are made of it.
#ifndef GOBBET_H
#define GOBBET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Raised when a function changes or goes; functions and fields at the end of structures may be
/// added without. Compare it with gobbet_abi_version().
#define GOBBET_ABI_VERSION 1

/// The ABI number of the library that is loaded.
uint32_t gobbet_abi_version(void);

/// The version of the library, such as "0.2.0"; it lives as long as the process.
const char *gobbet_version(void);

/// What became of a call; where the command `gobbet` has an exit code for it, the same number.
typedef int32_t gobbet_status;
enum {
  GOBBET_OK = 0,
  /// The call is invalid: a null or closed handle, an index or a range outside of what there is.
  GOBBET_INVALID_ARGUMENT = 2,
  /// The buffer holds less than the result; the number needed was written.
  GOBBET_BUFFER_TOO_SMALL = 3,
  /// There is nothing of that name or id.
  GOBBET_NOT_FOUND = 4,
  /// Text holds a special token that the call refuses.
  GOBBET_SPECIAL_TOKEN = 5,
  /// A file's content is damaged or not what was asked for.
  GOBBET_BAD_DATA = 65,
  /// A file is missing or may not be read.
  GOBBET_NO_INPUT = 66,
  /// Something that should not happen; please report it.
  GOBBET_INTERNAL = 70,
  /// A file cannot be made, or exists.
  GOBBET_CANNOT_CREATE = 73,
  /// Reading or writing failed.
  GOBBET_IO = 74,
  /// The caller ended the call, by its `gobbet_progress`.
  GOBBET_INTERRUPTED = 130,
};

/// Where a failed call leaves its message; set `size` once, before the first call.
typedef struct gobbet_error {
  /// sizeof(gobbet_error).
  uint32_t size;
  /// The status that the call returned.
  gobbet_status status;
  /// One line of UTF-8 that ends in a zero byte, cut where it is longer.
  char message[1016];
} gobbet_error;

// MARK: Vocabularies

/// A vocabulary made ready for encoding and decoding.
typedef struct gobbet_vocabulary gobbet_vocabulary;

/// What a vocabulary is.
typedef struct gobbet_vocabulary_info {
  uint32_t size;
  /// Ids are below this.
  uint32_t id_bound;
  /// Ids that have a token, special ones included.
  uint32_t token_count;
  uint32_t merge_count;
  uint32_t special_token_count;
  uint32_t longest_token_byte_count;
  /// SHA-256 of the canonical content (`Spec/Vocabulary.md`).
  uint8_t fingerprint[32];
  /// The pattern's name, or empty for settings that have none; ends in a zero byte.
  char pattern[32];
  /// How many special tokens the post-processor puts in front of a text, and after it.
  uint32_t front_token_count;
  uint32_t behind_token_count;
} gobbet_vocabulary_info;

/// Opens a vocabulary: a Gobbet file that holds one, tiktoken ranks, `tokenizer.json`, `vocab.json`
/// with `merges.txt` beside it, or GGUF.
///
/// `pattern` names how text is split, for files that do not say it; null otherwise.
gobbet_status gobbet_vocabulary_open(
    const char *path, const char *pattern, gobbet_vocabulary **vocabulary, gobbet_error *error);

/// A vocabulary of tokens by rank, as tiktoken has them: token `i` is the bytes from `ends[i - 1]`
/// (0 for the first) to `ends[i]` of `bytes`; an empty one is an id without a token.
///
/// Special token `i` has the bytes up to `special_ends[i]` of `specials`, and `special_ids[i]`.
gobbet_status gobbet_vocabulary_from_ranks(
    const uint8_t *bytes, const uint64_t *ends, size_t count, const uint8_t *specials,
    const uint64_t *special_ends, const uint32_t *special_ids, size_t special_count,
    const char *pattern, gobbet_vocabulary **vocabulary, gobbet_error *error);

/// Writes the vocabulary; the format follows from the name: `.gobbet`, `.tiktoken`, `.json`
/// (tokenizer.json), or `vocab.json` (and merges.txt beside it).
gobbet_status gobbet_vocabulary_write(
    gobbet_vocabulary *vocabulary, const char *path, int32_t replace, gobbet_error *error);

/// Fills `info`.
gobbet_status gobbet_vocabulary_describe(
    gobbet_vocabulary *vocabulary, gobbet_vocabulary_info *info, gobbet_error *error);

/// The bytes of a token. GOBBET_NOT_FOUND if no token has the id.
gobbet_status gobbet_vocabulary_token(
    gobbet_vocabulary *vocabulary, uint32_t id, uint8_t *bytes, size_t capacity, size_t *count,
    gobbet_error *error);

/// A part of the tokenizer's own files that the vocabulary keeps as it was, as UTF-8: "truncation",
/// "padding", "post_processor", "tokenizer_config" or "chat_template". GOBBET_NOT_FOUND if it keeps none.
gobbet_status gobbet_vocabulary_part(
    gobbet_vocabulary *vocabulary, const char *name, uint8_t *bytes, size_t capacity, size_t *count,
    gobbet_error *error);

/// The id of a token, ordinary or special, that has exactly these bytes. GOBBET_NOT_FOUND if none has.
gobbet_status gobbet_vocabulary_id(
    gobbet_vocabulary *vocabulary, const uint8_t *bytes, size_t count, uint32_t *id,
    gobbet_error *error);

/// The special tokens in the order of their ids: their ids into `ids`.
gobbet_status gobbet_vocabulary_special_tokens(
    gobbet_vocabulary *vocabulary, uint32_t *ids, size_t capacity, size_t *count,
    gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_vocabulary_close(gobbet_vocabulary *vocabulary);

// MARK: Encoding and decoding

/// How special tokens in a text are taken, and whether some are added. Null stands for "all as ordinary
/// text, and none".
typedef struct gobbet_special_tokens {
  uint32_t size;
  /// 1 if every special token becomes a token.
  uint32_t allow_all;
  /// Else the ids of those that do.
  const uint32_t *allowed;
  size_t allowed_count;
  /// 1 if one that is not allowed makes the call fail with GOBBET_SPECIAL_TOKEN, else it is text.
  uint32_t refuse_others;
  /// 0.
  uint32_t reserved;
  /// 1 if the special tokens of the vocabulary's post-processor are put around each text, if it has one.
  uint32_t add_template;
} gobbet_special_tokens;

/// The ids of a text.
///
/// A capacity of as many ids as the text has bytes is enough for a vocabulary that neither normalizes nor
/// adds anything.
gobbet_status gobbet_encode(
    gobbet_vocabulary *vocabulary, const uint8_t *text, size_t byte_count,
    const gobbet_special_tokens *specials, uint32_t *ids, size_t capacity, size_t *count,
    gobbet_error *error);

/// The ids of many texts, one after the other, encoded by `thread_count` threads (0: all cores).
///
/// Text `i` is the bytes from `text_ends[i - 1]` (0 for the first) to `text_ends[i]` of `texts`; its
/// ids end at `id_ends[i]`. The result does not depend on the number of threads.
gobbet_status gobbet_encode_batch(
    gobbet_vocabulary *vocabulary, const uint8_t *texts, const uint64_t *text_ends,
    size_t text_count, const gobbet_special_tokens *specials, uint32_t thread_count, uint32_t *ids,
    size_t capacity, uint64_t *id_ends, size_t *count, gobbet_error *error);

/// How many tokens a text has; special tokens in it are ordinary text.
gobbet_status gobbet_count(
    gobbet_vocabulary *vocabulary, const uint8_t *text, size_t byte_count, size_t *count,
    gobbet_error *error);

/// The bytes of tokens, special ones too. GOBBET_NOT_FOUND if an id has no token.
///
/// A capacity of `id_count` times `longest_token_byte_count` is always enough.
gobbet_status gobbet_decode(
    gobbet_vocabulary *vocabulary, const uint32_t *ids, size_t id_count, uint8_t *bytes,
    size_t capacity, size_t *count, gobbet_error *error);

/// The same without special tokens; added tokens that aren't special stay.
gobbet_status gobbet_decode_ordinary(
    gobbet_vocabulary *vocabulary, const uint32_t *ids, size_t id_count, uint8_t *bytes,
    size_t capacity, size_t *count, gobbet_error *error);

// MARK: Corpora

/// The documents of files, read one batch after the other.
typedef struct gobbet_corpus gobbet_corpus;

/// How a corpus is read.
typedef struct gobbet_corpus_options {
  uint32_t size;
  /// 0: by the content and the name of each file; 1: text, its bytes as they are; 2: JSON, a line or
  /// an array.
  uint32_t format;
  /// The key of a JSON object that holds the text, `a.b` for nested ones; null for `text`. With format
  /// 0, a key is GOBBET_INVALID_ARGUMENT where no input is JSON, a separator where all are.
  const char *text_key;
  /// The key of a JSON object that names the document; null for none.
  const char *identifier_key;
  /// What ends a document in a text file; null for its end.
  const uint8_t *separator;
  size_t separator_byte_count;
  /// 1 to leave out lines that hold no text; else they end the reading with GOBBET_BAD_DATA.
  uint32_t skip_bad_lines;
  /// 0.
  uint32_t reserved;
  /// 1 to leave out files in directories that hold no text, which gobbet_corpus_describe then counts;
  /// else they are GOBBET_BAD_DATA, as a file is that is named itself.
  uint32_t skip_foreign_files;
  /// 1 if the inputs are a part of a corpus: keys and separators need not apply to any of them.
  uint32_t is_part;
} gobbet_corpus_options;

/// What is wrong with lines that are left out.
enum {
  GOBBET_BAD_LINE_NOT_JSON = 0,
  GOBBET_BAD_LINE_MISSING_KEY = 1,
  GOBBET_BAD_LINE_DUPLICATE_KEY = 2,
  /// A value, as that of the text, has another type than it should.
  GOBBET_BAD_LINE_WRONG_TYPE = 3,
  GOBBET_BAD_LINE_KIND_COUNT = 4,
};

/// What a batch holds.
typedef struct gobbet_corpus_batch {
  uint32_t size;
  /// Lines that were left out.
  uint32_t bad_line_count;
  /// 0 after the last batch, and where all lines of it were bad.
  uint64_t document_count;
  uint64_t text_byte_count;
  uint64_t identifier_byte_count;
  /// Lines or text documents that were read, bad ones included; 0 after the last batch.
  uint64_t unit_count;
  /// How many of the lines that were left out are of each kind, as GOBBET_BAD_LINE_NOT_JSON.
  uint64_t bad_line_kinds[GOBBET_BAD_LINE_KIND_COUNT];
} gobbet_corpus_batch;

/// What reading a corpus has left out so far, and how it took what it read.
typedef struct gobbet_corpus_log {
  uint32_t size;
  /// Sentences for a person, which gobbet_corpus_note gives; 0 if everything was read as it is.
  uint32_t note_count;
  /// Files in directories that hold no text.
  uint64_t skipped_file_count;
  /// How many of them gobbet_corpus_skipped_file gives: the first 1,024.
  uint64_t listed_file_count;
  /// Empty files in directories.
  uint64_t empty_file_count;
  uint64_t bad_line_count;
  uint64_t bad_line_kinds[GOBBET_BAD_LINE_KIND_COUNT];
} gobbet_corpus_log;

/// What an input holds.
enum {
  /// Not known: it can be read once only, as a pipe.
  GOBBET_INPUT_UNSEEN = 0,
  GOBBET_INPUT_TEXT = 1,
  /// A JSON object a line.
  GOBBET_INPUT_JSON_LINES = 2,
  /// An array of JSON objects, or objects over several lines.
  GOBBET_INPUT_JSON = 3,
  /// A Parquet file, which this library doesn't read.
  GOBBET_INPUT_PARQUET = 4,
  /// Something else that holds no text.
  GOBBET_INPUT_FOREIGN = 5,
};

/// A file that was looked into.
typedef struct gobbet_corpus_input {
  uint32_t size;
  /// GOBBET_INPUT_TEXT and so on.
  uint32_t kind;
  /// 1 if it is one of the paths of the corpus, 0 if it lies in a directory among them.
  uint32_t is_named;
  /// 1 if it holds nothing.
  uint32_t is_empty;
  /// 1 if reading the corpus leaves it out, where foreign files are left out.
  uint32_t is_left_out;
  /// 1 if its text is UTF-8 without a byte order mark.
  uint32_t is_plain_text;
  /// 0 plain, 1 gzip, 2 zstd, by its first bytes. This library has no decoders for bzip2, xz and lz4:
  /// such a file is foreign, and what is told of it names the program that reads it.
  uint32_t compression;
  /// 0.
  uint32_t reserved;
} gobbet_corpus_input;

/// Opens files, directories, patterns, or `-`; plain, gzip or zstd. `options` may be null. What a file
/// is follows from its content; one that holds no text is GOBBET_BAD_DATA when it is reached.
gobbet_status gobbet_corpus_open(
    const char *const *paths, size_t path_count, const gobbet_corpus_options *options,
    gobbet_corpus **corpus, gobbet_error *error);

/// Reads on: documents of about `byte_count` bytes of input (0: 1 MiB), or one that is larger.
gobbet_status gobbet_corpus_read(
    gobbet_corpus *corpus, uint64_t byte_count, gobbet_corpus_batch *batch, gobbet_error *error);

/// Makes JSON lines that the caller has read the batch, without their line ends and laid out as the
/// texts of gobbet_encode_batch. Messages name `path`, and count lines from `first_line`, 0 the first
/// of a file.
gobbet_status gobbet_corpus_parse(
    gobbet_corpus *corpus, const char *path, uint64_t first_line, const uint8_t *lines,
    const uint64_t *line_ends, size_t line_count, gobbet_corpus_batch *batch, gobbet_error *error);

/// Copies the batch that was read last: `text_byte_count` bytes of texts, and for each of its
/// documents where its text ends, the number of its line or document in its file, from 0, and where
/// what names it ends among the `identifier_byte_count` bytes of identifiers. Each may be null.
gobbet_status gobbet_corpus_documents(
    gobbet_corpus *corpus, uint8_t *texts, uint64_t *text_ends, uint64_t *numbers,
    uint8_t *identifiers, uint64_t *identifier_ends, gobbet_error *error);

/// Fills `log`.
gobbet_status gobbet_corpus_describe(
    gobbet_corpus *corpus, gobbet_corpus_log *log, gobbet_error *error);

/// A file that was left out since it holds no text: its path, a zero byte, what it is, a zero byte;
/// `count` bytes in all.
gobbet_status gobbet_corpus_skipped_file(
    gobbet_corpus *corpus, size_t index, char *pair, size_t capacity, size_t *count,
    gobbet_error *error);

/// A sentence on what was left out, UTF-8 that ends in a zero byte; `count` bytes in all.
gobbet_status gobbet_corpus_note(
    gobbet_corpus *corpus, size_t index, char *text, size_t capacity, size_t *count,
    gobbet_error *error);

/// Looks into the next of the files that the paths of the corpus stand for, in the order in which they
/// are read, whatever was read so far; GOBBET_NOT_FOUND after the last.
gobbet_status gobbet_corpus_next_input(
    gobbet_corpus *corpus, gobbet_corpus_input *input, gobbet_error *error);

/// Tells of the first bytes of a file without its compression, or of all of them if `is_whole`, what
/// they are; 64 KiB are enough. `path` is that of the file.
gobbet_status gobbet_corpus_look(
    gobbet_corpus *corpus, const char *path, const uint8_t *bytes, size_t byte_count,
    int32_t is_whole, gobbet_corpus_input *input, gobbet_error *error);

/// Of the input that was looked into last: its path, a zero byte, what it is where it holds no text, a
/// zero byte; `count` bytes in all.
gobbet_status gobbet_corpus_input_text(
    gobbet_corpus *corpus, char *pair, size_t capacity, size_t *count, gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_corpus_close(gobbet_corpus *corpus);

/// Of each document, laid out as in gobbet_encode_batch: the first 16 bytes of the SHA-256 of its text
/// into `hashes`, and into `held_out` 1 if it belongs to the share that is held out (`Spec/Training.md`),
/// else 0. Each may be null.
gobbet_status gobbet_documents_hash(
    const uint8_t *texts, const uint64_t *text_ends, size_t text_count, double held_out_share,
    uint8_t *hashes, uint8_t *held_out, gobbet_error *error);

/// Appends documents, by their hashes of 16 bytes, to the number `value` that stands for a sequence of
/// them: 0 for none (`Spec/Tokens.md`, the hash of a shard's documents).
gobbet_status gobbet_documents_append_hashes(
    const uint8_t *hashes, size_t count, uint64_t *value, gobbet_error *error);

// MARK: Training

/// A table of counted pretokens.
typedef struct gobbet_counts gobbet_counts;

/// An empty table for text that is split as `pattern` says: gpt2, cl100k, llama3, o200k, …
///
/// By an expression `gobbet train --split` splits, and `--model sentencepiece` learns pieces of characters;
/// this library has neither, and reads and encodes with the vocabularies of both.
gobbet_status gobbet_counts_make(const char *pattern, gobbet_counts **counts, gobbet_error *error);

/// Adds the counts of a file that gobbet_counts_write or `gobbet counts` wrote; its pattern must be
/// that of the table.
gobbet_status gobbet_counts_add_file(gobbet_counts *counts, const char *path, gobbet_error *error);

/// Counts the pretokens of documents, laid out as in gobbet_encode_batch.
gobbet_status gobbet_counts_add_documents(
    gobbet_counts *counts, const uint8_t *texts, const uint64_t *text_ends, size_t text_count,
    gobbet_error *error);

/// How many different pretokens there are.
gobbet_status gobbet_counts_size(gobbet_counts *counts, size_t *unique_count, gobbet_error *error);

/// Writes the table as a file of counts: the same table always gives the same bytes.
gobbet_status gobbet_counts_write(
    gobbet_counts *counts, const char *path, int32_t replace, gobbet_error *error);

/// Writes the sum of several files of counts, in bounded memory.
gobbet_status gobbet_counts_merge_files(
    const char *const *paths, size_t path_count, const char *output, int32_t replace,
    gobbet_error *error);

/// What is learned; `Spec/Training.md` defines each setting.
typedef struct gobbet_training_options {
  uint32_t size;
  /// Tokens of the vocabulary: bytes, merges and special tokens together. Required.
  uint32_t vocabulary_size;
  /// Ties between equally frequent pairs: 0 as Hugging Face's trainer, 1 by raw bytes.
  uint32_t tie_break;
  /// 1 if special tokens take the first ids, not the last.
  uint32_t special_tokens_first;
  /// Training ends when the most frequent pair occurs less often.
  uint64_t minimum_frequency;
  /// Merged tokens are shorter than this many bytes; 0 for no bound.
  uint64_t maximum_token_length;
  /// Special token `i` is the bytes up to `special_ends[i]` of `specials`.
  const uint8_t *specials;
  const uint64_t *special_ends;
  size_t special_count;
  /// Where the number of merges so far is written while they are learned; null for nowhere.
  uint64_t *merge_count;
} gobbet_training_options;

/// Learns a vocabulary from counts.
gobbet_status gobbet_train(
    gobbet_counts *counts, const gobbet_training_options *options, gobbet_vocabulary **vocabulary,
    gobbet_error *error);

/// Learns a vocabulary from a file of counts, which is read where it lies.
gobbet_status gobbet_train_from_file(
    const char *path, const gobbet_training_options *options, gobbet_vocabulary **vocabulary,
    gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_counts_close(gobbet_counts *counts);

// MARK: Token datasets

/// A packed token dataset of one file or of several that are read as one.
typedef struct gobbet_dataset gobbet_dataset;

/// What a dataset is.
typedef struct gobbet_dataset_info {
  uint32_t size;
  /// Ids are below this.
  uint32_t id_bound;
  uint64_t token_count;
  uint64_t document_count;
  /// Tokens that are read and checked at once.
  uint64_t block_token_count;
  /// The content id of the file, or of the list of files.
  uint8_t content_id[32];
  /// The fingerprint of the vocabulary that the tokens are of.
  uint8_t fingerprint[32];
  /// raw16, raw32, packed, rank or archive; ends in a zero byte.
  char codec[16];
  /// 1 if the dataset says which tokens count in a loss; otherwise all do.
  uint32_t has_loss_mask;
} gobbet_dataset_info;

/// What tokens are written as.
typedef uint32_t gobbet_integer_type;
enum {
  GOBBET_UINT16 = 1,
  GOBBET_UINT32 = 2,
  GOBBET_INT32 = 3,
  GOBBET_INT64 = 4,
};

/// Opens files as one dataset, with a cache of decoded blocks of `cache_byte_budget` bytes (0: 16 MiB).
gobbet_status gobbet_dataset_open(
    const char *const *paths, size_t path_count, uint64_t cache_byte_budget,
    gobbet_dataset **dataset, gobbet_error *error);

/// Fills `info`.
gobbet_status gobbet_dataset_describe(
    gobbet_dataset *dataset, gobbet_dataset_info *info, gobbet_error *error);

/// The vocabulary that the first file embeds. GOBBET_NOT_FOUND if it embeds none.
gobbet_status gobbet_dataset_vocabulary(
    gobbet_dataset *dataset, gobbet_vocabulary **vocabulary, gobbet_error *error);

/// The metadata of the first file, JSON. GOBBET_NOT_FOUND if it has none.
gobbet_status gobbet_dataset_metadata(
    gobbet_dataset *dataset, uint8_t *text, size_t capacity, size_t *count, gobbet_error *error);

/// Tokens `start..<end` into `tokens`, which has room for `end - start` of them.
///
/// An id that is not of the type (65,536 as GOBBET_UINT16) gives GOBBET_INVALID_ARGUMENT.
gobbet_status gobbet_dataset_tokens(
    gobbet_dataset *dataset, uint64_t start, uint64_t end, gobbet_integer_type type, void *tokens,
    gobbet_error *error);

/// Which of tokens `start..<end` count in a loss: a 1 for each that does into `mask`, and a 0 for each
/// that doesn't.
gobbet_status gobbet_dataset_loss_mask(
    gobbet_dataset *dataset, uint64_t start, uint64_t end, uint8_t *mask, gobbet_error *error);

/// The rule that the first file with one has, laid out as in gobbet_dataset_options, at most 1217 numbers;
/// GOBBET_NOT_FOUND if there is none.
gobbet_status gobbet_dataset_loss_rule(
    gobbet_dataset *dataset, uint32_t *rule, size_t capacity, size_t *count, gobbet_error *error);

/// Where documents `first..<last` end: their last tokens' indices + 1, into `ends`; the first
/// begins at `start`.
gobbet_status gobbet_dataset_documents(
    gobbet_dataset *dataset, uint64_t first, uint64_t last, uint64_t *start, uint64_t *ends,
    gobbet_error *error);

/// The document that token `token` is of.
gobbet_status gobbet_dataset_document_containing(
    gobbet_dataset *dataset, uint64_t token, uint64_t *document, gobbet_error *error);

/// How many windows of `length` inputs there are, each beginning `stride` tokens after the one before
/// and followed by one more token, its last target.
gobbet_status gobbet_dataset_window_count(
    gobbet_dataset *dataset, uint64_t length, uint64_t stride, uint64_t *count,
    gobbet_error *error);

/// Windows by their indices: inputs and targets, each [index_count, length], row-major.
///
/// Without targets (null), a row of the inputs is `length + 1` tokens: the window and the one after it.
/// Of a dataset with a loss mask, targets that don't count are -100: they must be asked for, as
/// GOBBET_INT32 or GOBBET_INT64.
gobbet_status gobbet_dataset_windows(
    gobbet_dataset *dataset, uint64_t length, uint64_t stride, const uint64_t *indices,
    size_t index_count, gobbet_integer_type type, void *inputs, void *targets,
    gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_dataset_close(gobbet_dataset *dataset);

// MARK: Sampling

/// The order in which windows are visited.
typedef struct gobbet_sampler gobbet_sampler;

/// How windows are mixed.
enum {
  GOBBET_SEQUENTIAL = 1,
  GOBBET_SHUFFLED = 2,
  /// Groups of neighbours are shuffled, then the windows of some groups together.
  GOBBET_GROUPS_SHUFFLED = 3,
};

/// What decides the order, and how far it was followed: all that resuming needs.
typedef struct gobbet_sampler_state {
  uint32_t size;
  uint32_t order;
  uint64_t windows_per_group;
  uint64_t groups_together;
  /// The content id of the dataset; ignored by gobbet_sampler_make.
  uint8_t content_id[32];
  uint64_t length;
  uint64_t stride;
  /// How many windows there are; ignored by gobbet_sampler_make.
  uint64_t window_count;
  uint64_t seed;
  uint64_t epoch;
  uint64_t rank;
  /// How many readers share the windows; 1 or more.
  uint64_t world_size;
  /// How many windows of this epoch each rank has visited, or all of its share: since the last of
  /// the stops, where there were some.
  uint64_t position;
  /// How often the number of ranks has changed in this epoch, and when: stop `i` was when each of
  /// `stop_world_sizes[i]` ranks had visited `stop_positions[i]` of the windows left before it.
  uint64_t stop_count;
  uint64_t stop_world_sizes[16];
  uint64_t stop_positions[16];
} gobbet_sampler_state;

/// A sampler of the dataset that begins as `state` says.
gobbet_status gobbet_sampler_make(
    gobbet_dataset *dataset, const gobbet_sampler_state *state, gobbet_sampler **sampler,
    gobbet_error *error);

/// A sampler that goes on where another stopped. GOBBET_BAD_DATA if the state is of another dataset.
gobbet_status gobbet_sampler_resume(
    gobbet_dataset *dataset, const gobbet_sampler_state *state, gobbet_sampler **sampler,
    gobbet_error *error);

/// The sampler of rank `rank` of `world_size` that goes on where the ranks stopped of which `state` is
/// that of any, each at the same position; as gobbet_sampler_resume otherwise.
///
/// Whatever the number of ranks, each window of the epoch that was not visited yet is visited once.
/// GOBBET_BAD_DATA if the number has changed more than 16 times in this epoch.
gobbet_status gobbet_sampler_resume_as(
    gobbet_dataset *dataset, const gobbet_sampler_state *state, uint64_t rank, uint64_t world_size,
    gobbet_sampler **sampler, gobbet_error *error);

/// The next indices of this epoch, at most `capacity`; fewer, then none, at its end.
gobbet_status gobbet_sampler_next(
    gobbet_sampler *sampler, uint64_t *indices, size_t capacity, size_t *count,
    gobbet_error *error);

/// Begins the next epoch.
gobbet_status gobbet_sampler_next_epoch(gobbet_sampler *sampler, gobbet_error *error);

/// Fills `state`, and the number of windows this rank visits an epoch, since its last stop where there
/// was one, into `share`, if it is not null.
gobbet_status gobbet_sampler_describe(
    gobbet_sampler *sampler, gobbet_sampler_state *state, uint64_t *share, gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_sampler_close(gobbet_sampler *sampler);

// MARK: Rows of whole documents

/// Documents of a dataset packed into rows of one length by best fit.
typedef struct gobbet_rows gobbet_rows;

/// What becomes of a document that is longer than a row.
enum {
  /// Its other tokens go into further rows.
  GOBBET_SPLIT_LONG = 1,
  /// Its other tokens are left out.
  GOBBET_CROP_LONG = 2,
  /// All of it is left out.
  GOBBET_DROP_LONG = 3,
  /// It is an error, GOBBET_BAD_DATA.
  GOBBET_FAIL_LONG = 4,
};

/// What becomes of the room that no document fits into.
enum {
  /// It is filled with padding.
  GOBBET_PAD_GAPS = 1,
  /// It is filled with the beginning of a document, the rest of which is left out; so is what would be
  /// the last row of a group, unless it becomes full.
  GOBBET_CROP_GAPS = 2,
};

/// How documents are packed into rows.
typedef struct gobbet_row_options {
  uint32_t size;
  /// GOBBET_SPLIT_LONG where it is 0.
  uint32_t long_documents;
  /// GOBBET_PAD_GAPS where it is 0.
  uint32_t gaps;
  uint32_t reserved;
  /// Tokens of each row, 1 to 2^24.
  uint64_t length;
  /// Documents that are packed together, 1 to 2^30; 0 for 2^18.
  uint64_t group_document_count;
  /// Bytes of plans that are kept; 0 for 64 MiB. A plan takes 4 to 8 bytes a document; one that is not
  /// kept is made again when one of its rows is read.
  uint64_t plan_byte_budget;
} gobbet_row_options;

/// What rows hold.
typedef struct gobbet_rows_info {
  uint32_t size;
  uint32_t reserved;
  uint64_t row_count;
  /// Tokens of the dataset that are in rows, and those that are in none.
  uint64_t token_count;
  uint64_t cropped_token_count;
  /// Places of rows that hold no token.
  uint64_t padding_count;
  /// Of the dataset and the options: what samplers are of.
  uint8_t content_id[32];
  /// Documents that are longer than a row.
  uint64_t too_long_count;
} gobbet_rows_info;

/// Plans the rows of a dataset, which may be closed afterwards.
gobbet_status gobbet_rows_make(
    gobbet_dataset *dataset, const gobbet_row_options *options, gobbet_rows **rows,
    gobbet_error *error);

/// Fills `info`.
gobbet_status gobbet_rows_describe(gobbet_rows *rows, gobbet_rows_info *info, gobbet_error *error);

/// Rows by their indices: inputs, targets and positions, each [index_count, length], row-major, of
/// GOBBET_INT32 or GOBBET_INT64.
///
/// Targets are -100 for the last token of a document, for padding, whose inputs are `padding`, and
/// where the token does not count in a loss;
/// positions, which may be null, count from 0 in each part of a document. `bounds` says where the
/// parts begin among all inputs and then how many inputs there are; the padding of a row is a part of
/// its own. `index_count * length + 1` are always room enough.
gobbet_status gobbet_rows_read(
    gobbet_rows *rows, const uint64_t *indices, size_t index_count, uint32_t padding,
    gobbet_integer_type type, void *inputs, void *targets, void *positions, int32_t *bounds,
    size_t capacity, size_t *count, gobbet_error *error);

/// A sampler of the rows that begins as `state` says, whose length and stride are ignored.
gobbet_status gobbet_rows_sampler_make(
    gobbet_rows *rows, const gobbet_sampler_state *state, gobbet_sampler **sampler,
    gobbet_error *error);

/// As gobbet_sampler_resume_as, for rows.
gobbet_status gobbet_rows_sampler_resume_as(
    gobbet_rows *rows, const gobbet_sampler_state *state, uint64_t rank, uint64_t world_size,
    gobbet_sampler **sampler, gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_rows_close(gobbet_rows *rows);

// MARK: Writing datasets

/// A dataset being written. It appears under its name when it is finished, whole or not at all.
typedef struct gobbet_dataset_writer gobbet_dataset_writer;

/// How a dataset is written.
typedef struct gobbet_dataset_options {
  uint32_t size;
  /// 1 to replace a file of that name.
  int32_t replace;
  /// raw16, raw32, packed, rank or archive; null for rank.
  const char *codec;
  /// Tokens of a block; 0 for the codec's own.
  uint64_t block_token_count;
  /// 1 to keep the vocabulary's fingerprint only, not the vocabulary.
  int32_t fingerprint_only;
  /// What says by its ids which tokens of a document count in a loss, where the document doesn't;
  /// null for all of them.
  ///
  /// A rule has openings, sequences of ids after which tokens count, and closings, ids after which
  /// they no longer do: first how many openings there are, 1 to 64, of each how many ids it has, 1 to
  /// 16, and these, and then at most 64 closings, of each its id, and 1 if the closing itself counts,
  /// else 0. Masks that follow from it take next to no room.
  const uint32_t *loss_rule;
  size_t loss_rule_count;
} gobbet_dataset_options;

/// Begins a dataset of tokens of `vocabulary`; `options` may be null.
gobbet_status gobbet_dataset_writer_make(
    const char *path, gobbet_vocabulary *vocabulary, const gobbet_dataset_options *options,
    gobbet_dataset_writer **writer, gobbet_error *error);

/// Adds documents of ids: document `i` has those up to `ends[i]`.
gobbet_status gobbet_dataset_writer_add_tokens(
    gobbet_dataset_writer *writer, const uint32_t *ids, const uint64_t *ends, size_t document_count,
    gobbet_error *error);

/// Encodes documents, laid out as in gobbet_encode_batch, and adds them; `appended`, if it is not
/// null, is the id put after each.
gobbet_status gobbet_dataset_writer_add_documents(
    gobbet_dataset_writer *writer, const uint8_t *texts, const uint64_t *text_ends,
    size_t text_count, const uint32_t *appended, uint32_t thread_count, gobbet_error *error);

/// The same as gobbet_dataset_writer_add_tokens, with what the file shall tell of each document: its
/// source is the bytes up to `source_ends[i]` of `sources`, which must be UTF-8, and its text had
/// `byte_counts[i]` bytes. `source_ends` and `byte_counts` may be null.
gobbet_status gobbet_dataset_writer_add_noted(
    gobbet_dataset_writer *writer, const uint32_t *ids, const uint64_t *ends, size_t document_count,
    const uint8_t *sources, const uint64_t *source_ends, const uint64_t *byte_counts,
    gobbet_error *error);

/// The same as gobbet_dataset_writer_add_tokens, with which of the ids count in a loss: `mask` has a byte
/// for each, which is not 0 where it does. A mask that the rule of the options doesn't give is stored. The
/// file needs readers of version 1.1, as it does with a rule.
gobbet_status gobbet_dataset_writer_add_masked(
    gobbet_dataset_writer *writer, const uint32_t *ids, const uint8_t *mask, const uint64_t *ends,
    size_t document_count, gobbet_error *error);

/// Sets the metadata of the file: JSON of at most 1 MiB, which is not looked at.
gobbet_status gobbet_dataset_writer_set_metadata(
    gobbet_dataset_writer *writer, const char *metadata, gobbet_error *error);

/// Writes what is left and puts the file under its name; its content id goes into `content_id`, 32
/// bytes, if that is not null. The handle is closed, whatever the outcome.
gobbet_status gobbet_dataset_writer_finish(
    gobbet_dataset_writer *writer, uint8_t *content_id, gobbet_error *error);

/// Gives up: nothing is left behind. Null and closed handles are ignored.
void gobbet_dataset_writer_close(gobbet_dataset_writer *writer);

// MARK: Folders of datasets

/// The folder of a dataset of several files in the making, which other jobs are kept out of.
typedef struct gobbet_dataset_folder gobbet_dataset_folder;

/// What is done with a dataset that is there.
enum {
  /// It is GOBBET_CANNOT_CREATE.
  GOBBET_FOLDER_NEW = 0,
  /// It is replaced when the new one is finished.
  GOBBET_FOLDER_REPLACE = 1,
  /// It is resumed, or found to be finished.
  GOBBET_FOLDER_RESUME = 2,
};

/// Begins a dataset in the folder at `path`, which is made if it is not there, and locks it until the
/// handle is closed.
///
/// `plan` is JSON: the fingerprint of the vocabulary as `vocabulary`, and as `options` an object of
/// what decides the result, as they stand in the manifest. What is resumed must be of the same plan. The
/// dataset that is there stays as it is until gobbet_dataset_folder_finish. `folder` becomes null where
/// the dataset is finished already.
gobbet_status gobbet_dataset_folder_begin(
    const char *path, const uint8_t *plan, size_t plan_byte_count, uint32_t mode,
    gobbet_dataset_folder **folder, gobbet_error *error);

/// Checks the shards that `manifest`, the whole manifest as JSON, lists, puts the manifest in place, which
/// makes them the dataset, and removes what is no longer part of it. The handle is closed, whatever the
/// outcome; where it fails, the folder is as it was and can be resumed.
gobbet_status gobbet_dataset_folder_finish(
    gobbet_dataset_folder *folder, const uint8_t *manifest, size_t manifest_byte_count,
    gobbet_error *error);

/// Unlocks the folder, whose dataset can be resumed. Null and closed handles are ignored.
void gobbet_dataset_folder_close(gobbet_dataset_folder *folder);

// MARK: Weights

/// A file of tensors.
typedef struct gobbet_weights gobbet_weights;

/// A tensor, without its data.
typedef struct gobbet_tensor_info {
  uint32_t size;
  /// The code of the element type in `Spec/Weights.md`: 1 f64, 2 f32, 3 f16, 4 bf16, 5 f8e4m3, 6 f8e5m2,
  /// 16–20 i64 i32 i16 i8 i4, 32–36 u64 u32 u16 u8 u4, 48 bool, 64 c64; 128 + ggml's number for those that
  /// are stored in blocks. Their data is the blocks, which the reader does not widen; a row of the first
  /// axis is whole blocks, unless it is the only axis.
  uint32_t element_type;
  uint64_t byte_count;
  uint64_t stored_byte_count;
  uint32_t rank;
  /// 1 if the data can be mapped: it lies in the file as it is.
  uint32_t is_raw;
  uint64_t shape[8];
  /// Ends in a zero byte.
  char name[520];
  /// Bytes from the start of the file to the data of a tensor that is stored raw, else 0: a caller
  /// that wants pages of its own, writable ones for example, maps the file itself.
  uint64_t file_offset;
} gobbet_tensor_info;

/// Opens a `.gobbet` file of weights; reads its tables only.
gobbet_status gobbet_weights_open(
    const char *path, gobbet_weights **weights, gobbet_error *error);

/// Which file of a set the file is: `number`, from 1, of `count`. GOBBET_NOT_FOUND if it does not say.
gobbet_status gobbet_weights_set_place(
    gobbet_weights *weights, uint32_t *number, uint32_t *count, gobbet_error *error);

/// Checks that files of weights are of one set, those of them that say of which they are; with
/// `is_whole` that they are all of it, in their order. GOBBET_BAD_DATA if they are not.
gobbet_status gobbet_weights_check_set(
    const char *const *paths, size_t path_count, int32_t is_whole, gobbet_error *error);

/// How many tensors there are, and how many pairs of metadata.
gobbet_status gobbet_weights_count(
    gobbet_weights *weights, size_t *tensor_count, size_t *metadata_count, gobbet_error *error);

/// Fills `info` with tensor `index`.
gobbet_status gobbet_weights_tensor(
    gobbet_weights *weights, size_t index, gobbet_tensor_info *info, gobbet_error *error);

/// The index of the tensor of that name. GOBBET_NOT_FOUND if there is none.
gobbet_status gobbet_weights_find(
    gobbet_weights *weights, const char *name, size_t *index, gobbet_error *error);

/// A pair of metadata: key, zero byte, value, zero byte, `count` bytes in all.
gobbet_status gobbet_weights_metadata(
    gobbet_weights *weights, size_t index, char *pair, size_t capacity, size_t *count,
    gobbet_error *error);

/// The vocabulary that the file embeds. GOBBET_NOT_FOUND if it embeds none.
gobbet_status gobbet_weights_vocabulary(
    gobbet_weights *weights, gobbet_vocabulary **vocabulary, gobbet_error *error);

/// Copies rows `first..<last` of the first axis of a tensor, checked, by `thread_count` threads (0:
/// all cores); a tensor of rank 0 has one row. `capacity` is in bytes.
gobbet_status gobbet_weights_read(
    gobbet_weights *weights, size_t index, uint64_t first, uint64_t last, uint32_t thread_count,
    void *data, size_t capacity, gobbet_error *error);

/// Compares rows `first..<last` of the first axis of a tensor with their checksums, by `thread_count`
/// threads (0: all cores), without copying them. GOBBET_BAD_DATA if they are damaged. What was found
/// right is not looked at again while the handle is open.
gobbet_status gobbet_weights_check(
    gobbet_weights *weights, size_t index, uint64_t first, uint64_t last, uint32_t thread_count,
    gobbet_error *error);

/// A tensor's data where it lies in the mapped file, unchecked, valid until the handle is closed.
/// GOBBET_NOT_FOUND if the tensor is not stored raw.
gobbet_status gobbet_weights_map(
    gobbet_weights *weights, size_t index, const void **data, gobbet_error *error);

/// A descriptor of the open file, for mapping it; the caller closes it. It names the file that was opened, also
/// where its path names another by now.
gobbet_status gobbet_weights_descriptor(
    gobbet_weights *weights, int32_t *descriptor, gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_weights_close(gobbet_weights *weights);

/// A file of tensors being written. It appears under its name when finished, whole or not at all.
typedef struct gobbet_weights_writer gobbet_weights_writer;

/// How tensors are written.
typedef struct gobbet_weights_options {
  uint32_t size;
  /// 1 to replace a file of that name.
  int32_t replace;
  /// raw or compact; null for compact.
  const char *codec;
  /// Pairs of metadata: key, zero byte, value, zero byte, one after the other.
  const char *metadata;
  size_t metadata_byte_count;
  /// A vocabulary to embed; null for none.
  gobbet_vocabulary *vocabulary;
} gobbet_weights_options;

/// Begins a file; `options` may be null.
gobbet_status gobbet_weights_writer_make(
    const char *path, const gobbet_weights_options *options, gobbet_weights_writer **writer,
    gobbet_error *error);

/// Adds a tensor with all its data, row-major and little-endian.
gobbet_status gobbet_weights_writer_add(
    gobbet_weights_writer *writer, const char *name, uint32_t element_type, const uint64_t *shape,
    uint32_t rank, const void *data, size_t byte_count, gobbet_error *error);

/// Writes the tables and puts the file under its name; its content id goes into `content_id`, 32 bytes,
/// if that is not null. The handle is closed, whatever the outcome.
gobbet_status gobbet_weights_writer_finish(
    gobbet_weights_writer *writer, uint8_t *content_id, gobbet_error *error);

/// Gives up: nothing is left behind. Null and closed handles are ignored.
void gobbet_weights_writer_close(gobbet_weights_writer *writer);

// MARK: Models

/// A decoder or an encoder, its weights in memory, and what turns text into its tokens.
typedef struct gobbet_model gobbet_model;

/// How a model is opened.
typedef struct gobbet_model_options {
  uint32_t size;
  /// Threads that read the weights; 0 for all cores.
  uint32_t thread_count;
  /// What it computes with: stored, f32, bf16 or int8; null for stored, which is what the file has: its
  /// floats of 16 or 32 bits, or GGUF's blocks, as they are.
  const char *element;
  /// The vocabulary; null for the one in the file or beside it.
  gobbet_vocabulary *vocabulary;
} gobbet_model_options;

/// What a model is.
typedef struct gobbet_model_info {
  uint32_t size;
  /// Ids are below this.
  uint32_t id_bound;
  /// Logits of a position; 0 for an encoder, which has none.
  uint32_t logit_count;
  uint32_t hidden_size;
  uint32_t layer_count;
  uint32_t head_count;
  /// Tokens that it can see at once.
  uint64_t context_length;
  /// Bytes of the matrices in memory.
  uint64_t weight_byte_count;
} gobbet_model_info;

/// Reads a model: a `.gobbet` file, safetensors, GGUF, or a folder with config.json and
/// model.safetensors. `options` may be null.
///
/// GOBBET_BAD_DATA for a model of another kind than those in the documentation, and for weights that
/// do not fit what is said of them.
gobbet_status gobbet_model_open(
    const char *path, const gobbet_model_options *options, gobbet_model **model,
    gobbet_error *error);

/// Fills `info`.
gobbet_status gobbet_model_describe(
    gobbet_model *model, gobbet_model_info *info, gobbet_error *error);

/// The vocabulary that the model was opened with, or that its file holds or names. GOBBET_NOT_FOUND if
/// there is none.
gobbet_status gobbet_model_vocabulary(
    gobbet_model *model, gobbet_vocabulary **vocabulary, gobbet_error *error);

/// The ids of a text as the model takes it: with the token that its texts begin with, and for an
/// encoder with those around it. `specials` says which special tokens in the text are tokens, none if it is
/// null; its `add_template` is 0. GOBBET_NOT_FOUND without a vocabulary.
gobbet_status gobbet_model_tokens(
    gobbet_model *model, const uint8_t *text, size_t byte_count,
    const gobbet_special_tokens *specials, uint32_t *ids, size_t capacity, size_t *count,
    gobbet_error *error);

/// Writes the logits after tokens `first..<id_count`, [id_count - first, logit_count], row-major.
///
/// `capacity` is in floats. Numbers depend on nothing but the tokens: not on `first`, nor on the number of
/// threads (0: all cores). GOBBET_INVALID_ARGUMENT for an encoder, for ids that the model does not have and
/// for more of them than its context holds.
gobbet_status gobbet_model_logits(
    gobbet_model *model, const uint32_t *ids, size_t id_count, size_t first, uint32_t thread_count,
    float *logits, size_t capacity, gobbet_error *error);

/// Writes the states of every position after the last layer and its norm, [id_count, hidden_size], or
/// with `all_layers` those before the first layer, after each but the last, and after the last:
/// [layer_count + 1, id_count, hidden_size]. As gobbet_model_logits otherwise.
gobbet_status gobbet_model_states(
    gobbet_model *model, const uint32_t *ids, size_t id_count, int32_t all_layers,
    uint32_t thread_count, float *states, size_t capacity, gobbet_error *error);

/// Writes what the heads of layer `layer`, from 0, look at: a row for each position, whose sum is 1
/// or, with sinks, less; [head_count, id_count, id_count]. As gobbet_model_logits otherwise.
gobbet_status gobbet_model_attention(
    gobbet_model *model, const uint32_t *ids, size_t id_count, uint32_t layer,
    uint32_t thread_count, float *weights, size_t capacity, gobbet_error *error);

/// How the states of a text become one vector.
enum {
  /// Their mean.
  GOBBET_POOL_MEAN = 0,
  /// The first, as of BERT's `[CLS]`.
  GOBBET_POOL_FIRST = 1,
  /// The last.
  GOBBET_POOL_LAST = 2,
};

/// Writes a vector for each text, [text_count, hidden_size]: the states of its positions pooled, and
/// divided by their length if `normalize` is 1. Text `i` is the ids up to `id_ends[i]`. As
/// gobbet_model_logits otherwise.
gobbet_status gobbet_model_embed(
    gobbet_model *model, const uint32_t *ids, const uint64_t *id_ends, size_t text_count,
    uint32_t pooling, int32_t normalize, uint32_t thread_count, float *vectors, size_t capacity,
    gobbet_error *error);

/// Closes the handle; null and closed ones are ignored. Generations of the model keep it alive.
void gobbet_model_close(gobbet_model *model);

/// A prompt being continued. Calls on one wait for each other. If it has several threads, they wait for
/// work until the handle is closed, and a child of a fork cannot use it.
typedef struct gobbet_generation gobbet_generation;

/// How a prompt is continued; all zeros take the likeliest token, up to the end of the context.
typedef struct gobbet_generation_options {
  uint32_t size;
  /// Threads that compute; 0 for all cores. They change no result.
  uint32_t thread_count;
  /// Tokens at most; 0 for as many as the context holds.
  uint64_t maximum_token_count;
  /// What logits are divided by; 0 takes the likeliest token.
  float temperature;
  /// Draws from the smallest set of tokens whose probabilities add up to this; 0 for all.
  float top_p;
  /// Draws from tokens at least this many times as likely as the likeliest.
  float min_p;
  /// Divides positive logits of tokens that were there already, multiplies negative ones; 0 for none.
  float repetition_penalty;
  /// Draws from this many of the likeliest tokens; 0 for all.
  uint64_t top_k;
  uint64_t seed;
  /// Tokens that end it, and are not handed out, besides those that the model's files say end a text.
  const uint32_t *stop_ids;
  size_t stop_id_count;
  /// Texts that end it, laid out as in gobbet_encode_batch. They aren't part of the text.
  const uint8_t *stop_texts;
  const uint64_t *stop_text_ends;
  size_t stop_text_count;
  /// 1 if only `stop_ids` end it.
  uint32_t ignore_ends;
  /// 0.
  uint32_t reserved;
} gobbet_generation_options;

/// Why a generation ended.
enum {
  /// It has not.
  GOBBET_GENERATING = 0,
  /// At the limit of tokens.
  GOBBET_ENDED_AT_LIMIT = 1,
  /// At a token that ends it.
  GOBBET_ENDED_AT_TOKEN = 2,
  /// At a text that ends it.
  GOBBET_ENDED_AT_TEXT = 3,
  /// With the context.
  GOBBET_ENDED_WITH_CONTEXT = 4,
};

/// A step of a generation.
typedef struct gobbet_generation_step {
  uint32_t size;
  /// GOBBET_GENERATING, or why there is no token.
  uint32_t end;
  /// The token.
  uint32_t id;
  /// 0.
  uint32_t reserved;
  /// Bytes of the text that is certain with this step, for gobbet_generation_text.
  uint64_t text_byte_count;
} gobbet_generation_step;

/// Begins after the ids of a prompt; `options` may be null. GOBBET_INVALID_ARGUMENT for a prompt or
/// options that the model cannot take.
gobbet_status gobbet_generation_make(
    gobbet_model *model, const uint32_t *ids, size_t id_count,
    const gobbet_generation_options *options, gobbet_generation **generation,
    gobbet_error *error);

/// Computes the next token. After the last, every step says why there are no more.
gobbet_status gobbet_generation_next(
    gobbet_generation *generation, gobbet_generation_step *step, gobbet_error *error);

/// The text of the last step, UTF-8 and whole characters: what may begin a text to stop at is held back,
/// and so is a character whose bytes are not all there. What isn't UTF-8 became U+FFFD. Empty without a
/// vocabulary.
gobbet_status gobbet_generation_text(
    gobbet_generation *generation, uint8_t *text, size_t capacity, size_t *count,
    gobbet_error *error);

/// Closes the handle; null and closed ones are ignored.
void gobbet_generation_close(gobbet_generation *generation);

// MARK: Files of every format

/// How far a call is, for another thread of the caller, which may also end the call.
typedef struct gobbet_progress {
  /// sizeof(gobbet_progress).
  uint32_t size;
  /// Set to 1 while the call runs, it ends the call soon, with GOBBET_INTERRUPTED.
  int32_t stop;
  /// Bytes that are done, of all that there are; written while the call runs.
  uint64_t done;
  uint64_t total;
} gobbet_progress;

/// What a call found out: JSON as the command prints it with --json, an object a line.
typedef struct gobbet_report gobbet_report;

/// Says what a file of any format holds, as `gobbet inspect` does.
///
/// `options` is null, or a JSON object: `tensors`, true to list every tensor with what its elements are like;
/// `key`, the dictionary to take the tensors from in a checkpoint of PyTorch. `progress` may be null. Errors
/// are in the command's words.
gobbet_status gobbet_inspect(
    const char *path, const char *options, gobbet_progress *progress, gobbet_report **report,
    gobbet_error *error);

/// Checks every checksum, index, id and signature of a Gobbet file, or of each in a folder of shards, as
/// `gobbet verify` does.
///
/// `public_key` is null, or the 32 bytes of the signer's key. The report has an object for each file, whose
/// member `ok` is true or false; damage does not fail the call.
gobbet_status gobbet_verify(
    const char *path, const uint8_t *public_key, gobbet_progress *progress, gobbet_report **report,
    gobbet_error *error);

/// The text of a report.
gobbet_status gobbet_report_text(
    gobbet_report *report, uint8_t *text, size_t capacity, size_t *count, gobbet_error *error);

/// Frees a report; null is allowed.
void gobbet_report_close(gobbet_report *report);

#ifdef __cplusplus
}
#endif

#endif
