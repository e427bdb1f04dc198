"""PyTorch, CTranslate2 and llama.cpp with the same random GPT-2 of 124M, for compare_gpt.py.

Each is made with an element type and a number of threads; `run` gives the seconds that a prompt took
and the seconds of as many tokens after it as are asked for.
"""
import ctypes
import os
import tempfile
import time

#: Seconds; of the processor's work where GOBBET_CPU_TIME is set.
clock = time.process_time if os.environ.get("GOBBET_CPU_TIME") else time.perf_counter

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 50257, 1024, 768, 12, 12
LINEAR = (("attn.c_attn", WIDTH, 3 * WIDTH), ("attn.c_proj", WIDTH, WIDTH), ("mlp.c_fc", WIDTH, 4 * WIDTH), ("mlp.c_proj", 4 * WIDTH, WIDTH))


def weights():
    """Matrices [outputs, inputs], vectors [outputs]."""
    import numpy
    generator = numpy.random.default_rng(1)
    normal = lambda *shape: generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)
    ones, zeros = (lambda n: numpy.ones(n, numpy.float32)), (lambda n: numpy.zeros(n, numpy.float32))
    tensors = {"wte": normal(VOCABULARY, WIDTH), "wpe": normal(CONTEXT, WIDTH), "ln_f": (ones(WIDTH), zeros(WIDTH))}
    for block in range(LAYERS):
        for norm in ("ln_1", "ln_2"):
            tensors[f"{block}.{norm}"] = (ones(WIDTH), zeros(WIDTH))
        for name, inputs, outputs in LINEAR:
            tensors[f"{block}.{name}"] = (normal(outputs, inputs), zeros(outputs))
    return tensors


class Torch:
    def __init__(self, element, threads):
        import torch
        torch.set_num_threads(threads)
        kind = {"f32": torch.float32, "bf16": torch.bfloat16}[element]
        convert = lambda value: torch.from_numpy(value).to(kind)
        self.torch, self.functional = torch, torch.nn.functional
        self.tensors = {name: tuple(map(convert, value)) if isinstance(value, tuple) else convert(value)
                        for name, value in weights().items()}

    def forward(self, ids):
        functional, tensors, start = self.functional, self.tensors, self.length
        count, self.length = len(ids), start + len(ids)
        norm = lambda x, name: functional.layer_norm(x, (WIDTH,), *tensors[name], 1e-5)
        x = tensors["wte"][ids] + tensors["wpe"][start:self.length]
        for block in range(LAYERS):
            query, key, value = (part.view(count, HEADS, -1).transpose(0, 1) for part in functional.linear(
                norm(x, f"{block}.ln_1"), *tensors[f"{block}.attn.c_attn"]).split(WIDTH, 1))
            keys, values = self.cache[block]
            keys[:, start:self.length], values[:, start:self.length] = key, value
            seen = functional.scaled_dot_product_attention(
                query[None], keys[None, :, :self.length], values[None, :, :self.length], is_causal=count > 1)[0]
            x = x + functional.linear(seen.transpose(0, 1).reshape(count, WIDTH), *tensors[f"{block}.attn.c_proj"])
            inner = functional.linear(norm(x, f"{block}.ln_2"), *tensors[f"{block}.mlp.c_fc"])
            x = x + functional.linear(functional.gelu(inner, approximate="tanh"), *tensors[f"{block}.mlp.c_proj"])
        return functional.linear(norm(x[-1:], "ln_f"), tensors["wte"])[0].argmax()[None]

    def run(self, prompt, count):
        torch = self.torch
        with torch.inference_mode():
            empty = lambda: torch.empty(HEADS, CONTEXT, WIDTH // HEADS, dtype=self.tensors["wte"].dtype)
            self.length, self.cache = 0, [(empty(), empty()) for _ in range(LAYERS)]
            start = clock()
            token = self.forward(torch.tensor(prompt))
            middle = clock()
            for _ in range(count):
                token = self.forward(token)
            return middle - start, clock() - middle


class CTranslate2:
    def __init__(self, element, threads):
        import ctranslate2
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "model")
        self.convert(ctranslate2, path)
        kind = {"f32": "float32", "bf16": "bfloat16", "int8": "int8"}[element]
        self.generator = ctranslate2.Generator(path, compute_type=kind, intra_threads=threads)

    @staticmethod
    def convert(ctranslate2, path):
        tensors = weights()
        spec = ctranslate2.specs.TransformerDecoderModelSpec.from_config(
            LAYERS, HEADS, pre_norm=True, activation=ctranslate2.specs.Activation.GELUTanh)

        def set_norm(target, name):
            target.gamma, target.beta = tensors[name]

        def set_linear(target, name):
            target.weight, target.bias = tensors[name]

        spec.decoder.scale_embeddings = False
        spec.decoder.embeddings.weight = spec.decoder.projection.weight = tensors["wte"]
        spec.decoder.position_encodings.encodings = tensors["wpe"]
        set_norm(spec.decoder.layer_norm, "ln_f")
        for block, layer in enumerate(spec.decoder.layer):
            set_norm(layer.self_attention.layer_norm, f"{block}.ln_1")
            set_linear(layer.self_attention.linear[0], f"{block}.attn.c_attn")
            set_linear(layer.self_attention.linear[1], f"{block}.attn.c_proj")
            set_norm(layer.ffn.layer_norm, f"{block}.ln_2")
            set_linear(layer.ffn.linear_0, f"{block}.mlp.c_fc")
            set_linear(layer.ffn.linear_1, f"{block}.mlp.c_proj")
        spec.register_vocabulary([f"t{token}" for token in range(VOCABULARY)])
        spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = "t50256"
        spec.validate()
        os.mkdir(path)
        spec.save(path)

    def run(self, prompt, count):
        tokens = [f"t{token}" for token in prompt]

        def seconds(length):
            start = clock()
            self.generator.generate_batch([tokens], max_length=length, min_length=length, sampling_topk=1, include_prompt_in_result=False)
            return clock() - start

        first = seconds(1)
        return first, seconds(1 + count) - first


class LlamaCpp:
    """The library itself, without the tokenizer: a GGUF file needs none.

    Without a `path` the model is the random GPT-2.
    """

    def __init__(self, element, threads, path=None):
        import llama_cpp
        self.library = llama_cpp
        llama_cpp.llama_backend_init()
        silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(silent, None)
        self.kept = silent
        with tempfile.TemporaryDirectory() as folder:
            if path is None:
                path = os.path.join(folder, "model.gguf")
                self.write(path, element)
            start = clock()
            self.model = llama_cpp.llama_model_load_from_file(
                path.encode(), llama_cpp.llama_model_default_params())
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = CONTEXT
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = 1  # on: it is faster so
        self.context = llama_cpp.llama_init_from_model(self.model, parameters)
        self.load_seconds = clock() - start

    @staticmethod
    def write(path, element):
        import gguf
        kind = getattr(gguf.GGMLQuantizationType, {"f32": "F32", "bf16": "BF16", "int8": "Q8_0"}[element])
        writer = gguf.GGUFWriter(path, "gpt2")
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(WIDTH)
        writer.add_block_count(LAYERS)
        writer.add_feed_forward_length(4 * WIDTH)
        writer.add_head_count(HEADS)
        writer.add_layer_norm_eps(1e-5)
        writer.add_vocab_size(VOCABULARY)
        writer.add_tokenizer_model("none")

        def add_matrix(name, value):
            data = value if element == "f32" else gguf.quants.quantize(value, kind)
            writer.add_tensor(f"{name}.weight", data, raw_dtype=kind)

        def add_vectors(name, weight, bias):
            writer.add_tensor(f"{name}.weight", weight)
            writer.add_tensor(f"{name}.bias", bias)

        tensors = weights()
        add_matrix("token_embd", tensors["wte"])
        writer.add_tensor("position_embd.weight", tensors["wpe"])
        add_vectors("output_norm", *tensors["ln_f"])
        for block in range(LAYERS):
            add_vectors(f"blk.{block}.attn_norm", *tensors[f"{block}.ln_1"])
            add_vectors(f"blk.{block}.ffn_norm", *tensors[f"{block}.ln_2"])
            for theirs, ours in (("attn_qkv", "attn.c_attn"), ("attn_output", "attn.c_proj"),
                                 ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")):
                weight, bias = tensors[f"{block}.{ours}"]
                add_matrix(f"blk.{block}.{theirs}", weight)
                writer.add_tensor(f"blk.{block}.{theirs}.bias", bias)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def token_behind(self, ids):
        import numpy
        batch = (ctypes.c_int32 * len(ids))(*ids)
        if self.library.llama_decode(self.context, self.library.llama_batch_get_one(batch, len(ids))):
            raise SystemExit("llama.cpp: decoding failed")
        logits = self.library.llama_get_logits_ith(self.context, -1)
        return int(numpy.ctypeslib.as_array(logits, (self.vocabulary,)).argmax())

    def run(self, prompt, count):
        self.library.llama_memory_clear(self.library.llama_get_memory(self.context), True)
        start = clock()
        token = self.token_behind(prompt)
        middle = clock()
        for _ in range(count):
            token = self.token_behind([token])
        return middle - start, clock() - middle


#: The peers by the module that has them, and the element types that each knows.
PEERS = {
    "torch": (Torch, ("f32", "bf16")),
    "ctranslate2": (CTranslate2, ("f32", "int8")),
    "llama_cpp": (LlamaCpp, ("f32", "bf16", "int8")),
}
