// The arithmetic of a transformer, for the instructions of the machine it runs on.
//
// Every sum has one order, whatever the number of rows, threads or lanes: an output of a matrix
// product starts at its bias and adds its products by index with fused multiply-adds, a sum over a
// row runs in 16 lanes that are then added in a tree. So all variants of a function give the same
// bits.
#ifndef GOBBET_TRANSFORMER_H
#define GOBBET_TRANSFORMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobbet_threads.h"

/// What the weights of a matrix are stored as. Memory is counted in words of four bytes.
typedef enum {
  /// A float: one input of one output in a word.
  gobbet_float32,
  /// Two inputs in a word, the first in the lower half. Inputs are rounded to the same type, and
  /// sums are floats: of every pair the second product is added first, as `vdpbf16ps` does.
  /// Numbers under 2^-126 count as zero.
  gobbet_bfloat16,
  /// Blocks of 32 inputs with a scale for every output, and inputs as `gobbet_inputs` says.
  gobbet_int8,
  /// The blocks of GGUF, of 32 inputs, or 256 for those named K: a tile of every 32 inputs holds the
  /// bits that the file has of 32 outputs. Inputs are integers of 16 bits with one scale for the row.
  ///
  /// The sum over what shares a scale, 32 inputs or 16 for Q6_K, is an exact integer. Those, times
  /// their scales, are added as floats by index, from zero, those of a block with a minimum followed
  /// by the minimum times the sum of the block's inputs. What they make, times the scale of the row, is
  /// added to the bias. A row with an input that is not finite gives NaN.
  gobbet_q4_0,
  gobbet_q4_1,
  gobbet_q5_0,
  gobbet_q5_1,
  gobbet_q8_0,
  gobbet_q4_k,
  gobbet_q5_k,
  gobbet_q6_k,
  gobbet_mxfp4,
  /// Floats of 16 bits as files have them, the weights of two outputs in a word. Inputs are floats, and
  /// all numbers those of the same weights in `gobbet_float32`.
  gobbet_stored_float16,
  gobbet_stored_bfloat16
} gobbet_element;

/// Whether weights are floats of 16 bits that multiply floats.
static inline bool gobbet_is_stored_float(gobbet_element element) {
  return element == gobbet_stored_float16 || element == gobbet_stored_bfloat16;
}

/// Whether inputs are multiplied as the floats that they are.
static inline bool gobbet_reads_floats(gobbet_element element) {
  return element == gobbet_float32 || gobbet_is_stored_float(element);
}

/// What the inputs of a product with `gobbet_int8` are rounded to.
///
/// The sum over a block is an exact integer. Those of blocks, times the scales of the block, are
/// added as floats by index, from zero; what they make, times the scale of the row, is added to the
/// bias. A row with an input that is not finite gives NaN.
typedef enum {
  /// 16 bits, with one scale for the row.
  gobbet_inputs_of_16_bits,
  /// 8 bits, with a scale for every block: half the work where bytes have products of their own,
  /// and an error about as large as that of the weights.
  gobbet_inputs_of_8_bits,
  /// 8 bits that count from the least input of the row, or from zero if none is below: for rows
  /// that reach far up and hardly down, as after GELU. The least input times the sum of the weights
  /// is added to the bias.
  gobbet_inputs_of_8_bits_upwards
} gobbet_inputs;

/// Inputs in a block of `gobbet_int8`.
enum { gobbet_block_length = 32 };

/// Outputs in a panel. A panel holds, for one input, pair or block after the other, the weights of
/// all its outputs, so that a product reads its memory strictly in order.
enum { gobbet_panel_width = 32 };

/// Words of a panel.
size_t gobbet_panel_words(gobbet_element element, size_t depth);

/// What happens to an output before it is stored.
typedef enum {
  /// It replaces what is there.
  gobbet_store,
  /// It is added to what is there.
  gobbet_add,
  /// Its GELU, in the form with tanh, replaces what is there.
  gobbet_gelu
} gobbet_epilogue;

/// A product of rows with a matrix in panels: output = epilogue(bias + input x weights).
typedef struct {
  gobbet_element element;
  /// Rows of inputs, `input_stride` words apart: floats for `gobbet_multiply`, and what
  /// `gobbet_kernels.convert` makes of them for `gobbet_kernels.multiply`.
  const void *_Nonnull input;
  size_t input_stride;
  size_t row_count;
  size_t depth;
  /// Panels, `panel_stride` words apart.
  const void *_Nonnull panels;
  size_t panel_stride;
  /// A float for every output of every whole panel, or NULL for zeros.
  const float *_Nullable bias;
  /// Rows of `output_count` floats, `output_stride` floats apart.
  float *_Nonnull output;
  size_t output_stride;
  size_t output_count;
  gobbet_epilogue epilogue;
  /// Of no matter but for `gobbet_int8`.
  gobbet_inputs inputs;
} gobbet_product;

/// What stands between the two matrices of a feed-forward.
typedef enum {
  /// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
  gobbet_gelu_tanh,
  /// x (1 + erf(x / sqrt(2))) / 2
  gobbet_gelu_erf,
  /// x / (1 + exp(-x))
  gobbet_silu,
  /// x / (1 + exp(-1.702 x))
  gobbet_gelu_sigmoid,
  /// max(x, 0)
  gobbet_relu,
  /// max(x, 0)^2
  gobbet_relu_squared
} gobbet_activation;

/// The functions for one set of instructions.
typedef struct {
  /// `avx512-dot-pairs`, with the instructions for bfloat16 and int8, `avx512-dot`, with those for int8,
  /// `avx512`, `avx2`; `neon-i8mm`, with products of matrices of bytes and with bfloat16, `neon-dot`, with
  /// dot products of bytes, `neon`; or `plain`.
  const char *_Nonnull name;
  /// The product for the panels from `first` to before `end`.
  void (*_Nonnull multiply)(const gobbet_product *_Nonnull product, size_t first, size_t end);
  /// Makes a row of floats one of `gobbet_row_words` words; not where weights multiply floats.
  void (*_Nonnull convert)(
      gobbet_element element, gobbet_inputs inputs, const float *_Nonnull input, size_t depth,
      void *_Nonnull row);
  /// output = (input - mean) / sqrt(variance + epsilon) * gain + shift, over one row.
  void (*_Nonnull normalize)(
      const float *_Nonnull input, size_t width, const float *_Nonnull gain,
      const float *_Nonnull shift, float epsilon, float *_Nonnull output);
  /// output = input / sqrt(mean of squares + epsilon) * gain, over one row; in place if both are one.
  void (*_Nonnull normalize_by_rms)(
      const float *_Nonnull input, size_t width, const float *_Nonnull gain, float epsilon,
      float *_Nonnull output);
  /// values = activation(values) * factors, or activation(values) if `factors` is NULL.
  void (*_Nonnull activate)(
      gobbet_activation activation, float *_Nonnull values, const float *_Nullable factors,
      size_t count);
  /// values = cap * tanh(values * scale / cap): between -cap and cap.
  void (*_Nonnull cap)(float *_Nonnull values, size_t count, float scale, float cap);
  /// Replaces `count` scores by exp(scale * (score - largest)), divided by the sum of all.
  void (*_Nonnull softmax)(float *_Nonnull scores, size_t count, float scale);
  /// Nothing but the multiply-adds of products: `sums_a_round` of them in each round, twice as many
  /// where weights come in pairs. For measuring what products are measured against.
  float (*_Nonnull exhaust)(gobbet_element element, size_t rounds);
  size_t sums_a_round;
  /// Words that a pair of bfloat16 takes in a converted row: 1, or 2 where products read floats.
  size_t words_a_pair;
  /// Whether inputs of 8 bits take half the instructions of those of 16.
  bool has_byte_products;
} gobbet_kernels;

/// Words of a row of inputs as products read it.
size_t gobbet_row_words(
    const gobbet_kernels *_Nonnull kernels, gobbet_element element, size_t depth);

/// The variants that this machine can run, the fastest first; NULL past the last.
const gobbet_kernels *_Nullable gobbet_kernels_at(size_t index);

/// The whole product, its panels divided over the pool. `scratch` holds `gobbet_row_words` for
/// every row; it is not used where weights multiply floats.
void gobbet_multiply(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool,
    const gobbet_product *_Nonnull product, void *_Nullable scratch);

/// Normalises heads of rows, divided over the pool: of each row the `head_count` runs of `width` floats
/// from its beginning, `row_stride` floats after those of the row before. By the root mean square if
/// `shift` is NULL; then the output may be the input.
void gobbet_normalize(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool,
    const float *_Nonnull input, size_t row_count, size_t row_stride, size_t head_count,
    size_t width, const float *_Nonnull gain, const float *_Nullable shift, float epsilon,
    float *_Nonnull output);

/// Rows = activation(rows) * factors, divided over the pool; the factors may be NULL.
void gobbet_activate(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool,
    gobbet_activation activation, float *_Nonnull rows, const float *_Nullable factors,
    size_t row_count, size_t width);

/// Caps `row_count` rows of `width` floats, divided over the pool.
void gobbet_cap(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool, float *_Nonnull rows,
    size_t row_count, size_t width, float scale, float cap);

/// Rows that are turned by their positions: rotary embeddings (Su et al. 2021).
typedef struct {
  /// The first head of the first row.
  float *_Nonnull rows;
  size_t row_stride;
  size_t row_count;
  size_t head_count;
  size_t head_width;
  /// For every position, `pair_count` cosines and then as many sines.
  const float *_Nonnull turns;
  /// The position of every row.
  const size_t *_Nonnull positions;
  /// Pairs of a head that are turned; the floats after them stay.
  size_t pair_count;
  /// Whether a pair is two neighbours; else its second half is `pair_count` floats after the first.
  bool are_neighbours;
} gobbet_rotation;

/// Turns every pair of every head by the angle of its row's position, divided over the pool.
void gobbet_rotate(gobbet_pool *_Nonnull pool, const gobbet_rotation *_Nonnull rotation);

/// Fills the cosines and sines, times `magnitude`, of the positions from `first` to before `end`.
/// An angle is the position times the pair's frequency, rounded to a float.
void gobbet_fill_turns(
    const float *_Nonnull frequencies, size_t pair_count, float magnitude, size_t first, size_t end,
    float *_Nonnull turns);

/// base to the power of exponent, and the natural logarithm, in double precision.
double gobbet_power(double base, double exponent);
double gobbet_logarithm(double value);

/// The keys and values of one sequence in one layer, for every head that has some.
///
/// A head's keys are a matrix in panels whose inputs are the head's columns and whose outputs are
/// the positions; its values are one whose inputs are the positions and whose outputs are the
/// columns. So attention is two products.
typedef struct {
  /// What they are stored as: `gobbet_float32` or `gobbet_bfloat16`.
  gobbet_element element;
  /// `gobbet_key_words` for every head.
  void *_Nonnull keys;
  /// `gobbet_value_words` for every head.
  void *_Nonnull values;
  /// Positions there is room for, a multiple of the panel width.
  size_t capacity;
  /// Heads with keys and values; each serves as many heads with queries as there are for it.
  size_t head_count;
  size_t head_width;
} gobbet_layer_cache;

/// Words that the keys of one head take.
size_t gobbet_key_words(gobbet_element element, size_t capacity, size_t head_width);

/// Words that the values of one head take.
size_t gobbet_value_words(gobbet_element element, size_t capacity, size_t head_width);

/// Puts keys and values of `row_count` rows at the positions from `position`, divided over the pool.
/// `keys` is the first row's keys, after which its values come, each of heads x head width floats.
void gobbet_remember(
    gobbet_pool *_Nonnull pool, const gobbet_layer_cache *_Nonnull cache,
    const float *_Nonnull keys, size_t row_stride, size_t row_count, size_t position);

/// Queries of consecutive positions of one sequence.
typedef struct {
  gobbet_layer_cache cache;
  /// Rows of heads x head width floats, `query_stride` floats apart.
  const float *_Nonnull queries;
  size_t query_stride;
  /// Heads with queries, a multiple of those of the cache.
  size_t query_head_count;
  /// What scores are multiplied by before the softmax.
  float scale;
  /// What scores are capped to after the scale; 0 for no cap.
  float cap;
  /// For every head with queries a score that takes its share of the softmax and gives nothing for
  /// it; NULL for none. It is neither scaled nor capped.
  const float *_Nullable sinks;
  /// Positions that a row sees, its own among them; 0 for all up to its own.
  size_t window;
  /// At most `gobbet_queries_at_once`.
  size_t row_count;
  /// The position of the first row; every row sees the positions up to its own.
  size_t position;
  /// Or, if it is not 0, every row sees the positions up to before this one.
  size_t sequence_end;
  /// Rows of heads x head width floats, `output_stride` floats apart.
  float *_Nonnull output;
  size_t output_stride;
  /// Where the attention weights go, or NULL: [heads][rows, `weight_rows` apart][positions].
  float *_Nullable weights;
  size_t weight_rows;
  size_t weight_stride;
} gobbet_attention;

/// Rows that one call of attention takes.
enum { gobbet_queries_at_once = 12 };

/// Words of scratch that attention needs for a pool and caches of that capacity and head width.
size_t gobbet_attention_scratch(
    const gobbet_pool *_Nonnull pool, size_t capacity, size_t head_width);

/// Attention for every head of every group of queries, divided over the pool. `scratch` holds
/// `gobbet_attention_scratch` words for the largest capacity; all groups have heads alike.
void gobbet_attend(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool,
    const gobbet_attention *_Nonnull groups, size_t group_count, void *_Nonnull scratch);

/// Some inputs of some outputs of a matrix.
typedef struct {
  /// [inputs, outputs], or [outputs, inputs] if `by_output`.
  const float *_Nonnull weights;
  bool by_output;
  /// A multiple of `gobbet_block_length`.
  size_t first_input;
  /// Such a multiple too, but for the last inputs.
  size_t input_count;
  /// A multiple of `gobbet_panel_width`.
  size_t first_output;
  /// Such a multiple too, but for the last outputs; their panel is filled with zeros.
  size_t output_count;
} gobbet_part;

/// Puts a part of a matrix of `depth` inputs into its panels. `scratch` holds a panel of floats of
/// the part's inputs; it is not used for `gobbet_float32`. What becomes a stored float is one of its
/// values. Returns whether every weight is finite.
bool gobbet_pack(
    gobbet_element element, const gobbet_part *_Nonnull part, size_t depth,
    float *_Nullable scratch, void *_Nonnull panels);

/// Some outputs of a matrix in blocks of GGUF or in stored floats, row after row as files have them.
typedef struct {
  const uint8_t *_Nonnull blocks;
  /// A multiple of `gobbet_panel_width`.
  size_t first_output;
  /// Such a multiple too, but for the last outputs; their panel stays as it is.
  size_t output_count;
} gobbet_block_part;

/// Bytes that a row of `depth` weights takes in a file; 0 if `depth` is not whole blocks, or files have
/// no such element.
size_t gobbet_block_row_size(gobbet_element element, size_t depth);

/// Puts outputs of a matrix of `depth` inputs, whole blocks, into its panels, which are zeros before.
/// Returns whether every weight is finite.
bool gobbet_pack_blocks(
    gobbet_element element, const gobbet_block_part *_Nonnull part, size_t depth,
    void *_Nonnull panels);

/// Copies the weights of one output out of panels: those in blocks with the bits that ggml gives them.
void gobbet_unpack_output(
    gobbet_element element, const void *_Nonnull panels, size_t input_count, size_t output,
    float *_Nonnull weights);

/// log(sum of exp(value)), in double precision.
double gobbet_log_sum_exp(const float *_Nonnull values, size_t count);

/// Runs `exhaust` once on every thread of the pool.
void gobbet_exhaust(
    const gobbet_kernels *_Nonnull kernels, gobbet_pool *_Nonnull pool, gobbet_element element,
    size_t rounds);

/// Reads all of some words, divided over the pool, and does little with them.
void gobbet_read_through(
    gobbet_pool *_Nonnull pool, const uint32_t *_Nonnull words, size_t count);

/// exp(value), in double precision.
double gobbet_exp(double value);

#endif
