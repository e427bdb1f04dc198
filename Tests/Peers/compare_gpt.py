"""Times gobbet-bench gpt, PyTorch, CTranslate2 and llama.cpp in turn on a random GPT-2 of 124M, batch 1.

Usage: compare_gpt.py [--elements f32,bf16,int8] [--threads 1,2] [--prompts 64,512,1024]
                      [--peers torch,ctranslate2,llama_cpp]
       compare_gpt.py --model FILE.gguf [--elements stored] [--threads 1,2] [--prompts 64,512] [--cpu]

The second way is for a GGUF file, against llama.cpp alone, with the seconds of loading, those from
there to the first token after the prompt, and the peak memory; `stored` are those of the file.
`random_gguf.py` makes files in the shape of a published model. With --cpu all seconds are those of the
processor's work, for one thread on a machine that others use.

Prints tokens a second: of the prompt, and of 64 tokens after it (of the last 64 of the context for
1,024); for Gobbet also the share of what the machine could do, measured in the same run. Needs `make
build`; torch, ctranslate2 and llama-cpp-python (which is compiled as it is installed, in some minutes;
gguf with it) join in where they are installed.
"""
import argparse
import importlib.util
import json
import os
import random
import resource
import statistics
import subprocess
import sys

from gpt_peers import CONTEXT, PEERS, VOCABULARY, LlamaCpp

BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet-bench")
GENERATED = 64


def peer(name, element, prompt, threads, path=None):
    machine = PEERS[name][0](element, threads) if path is None else LlamaCpp(element, threads, path)
    ids = random.Random(1).choices(range(getattr(machine, "vocabulary", VOCABULARY)), k=prompt)
    first = machine.run(ids, 0)[0]
    load = getattr(machine, "load_seconds", None)
    times = [machine.run(ids, GENERATED) for _ in range(3)]
    prefill, decode = (statistics.median(column) for column in zip(*times))
    return {"prefill_tok_per_s": prompt / prefill, "decode_tok_per_s": GENERATED / decode,
            "load_s": load, "first_token_s": None if load is None else load + first,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def compare_file(path, elements, threads, prompts):
    """A GGUF file: Gobbet and llama.cpp in turn."""
    for element in elements:
        for count in threads:
            for prompt in prompts:
                ours = run([BENCH, "gpt", "--model", path, "--element", element, "--prompt", prompt,
                            "--generate", GENERATED, "--threads", count])
                theirs = run([sys.executable, __file__, "peer", "llama_cpp", element, prompt, count, path])
                if "GOBBET_CPU_TIME" in os.environ:
                    for key in ("prefill_tok_per", "decode_tok_per", "first_token"):
                        ours[f"{key}_s"] = ours[f"{key}_cpu_s"]
                head = f"{element} {count} thread{'s' if count > 1 else ' '} prompt {prompt:4}"
                for name, row in (("gobbet", ours), ("llama.cpp", theirs)):
                    print(f"{head} {name:9} {row['prefill_tok_per_s']:7.0f} {row['decode_tok_per_s']:6.1f}"
                          f"   loaded in {row['load_s']:.2f} s, first token after {row['first_token_s']:.2f} s,"
                          f" {row['peak_rss_mb']:.0f} MB", flush=True)
                print(f"{head} Gobbet    {ours['prefill_tok_per_s'] / theirs['prefill_tok_per_s']:.2f} x,"
                      f" {ours['decode_tok_per_s'] / theirs['decode_tok_per_s']:.2f} x;"
                      f" first token {ours['first_token_s'] / theirs['first_token_s']:.2f} x the time,"
                      f" {ours['peak_rss_mb'] / theirs['peak_rss_mb']:.2f} x the memory;"
                      f" {ours['prefill_of_limit']:.0%} of the arithmetic, {ours['decode_of_limit']:.0%} of the reading limit", flush=True)


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    for name, default in (("elements", None), ("threads", "1,2"), ("prompts", None), ("peers", ",".join(PEERS))):
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    if options.cpu:
        os.environ["GOBBET_CPU_TIME"] = "1"
    path = options.model
    options.elements = options.elements or ("f32,bf16,int8" if path is None else "stored")
    options.prompts = options.prompts or ("64,512,1024" if path is None else "64,512")
    lists = {name: value.split(",") for name, value in vars(options).items() if isinstance(value, str)}
    if path is not None:
        return compare_file(path, lists["elements"], *([int(count) for count in lists[name]] for name in ("threads", "prompts")))
    for element in lists["elements"]:
        for threads in map(int, lists["threads"]):
            for length in map(int, lists["prompts"]):
                prompt = min(length, CONTEXT - GENERATED)
                row = run([BENCH, "gpt", "--element", element, "--prompt", prompt, "--generate", GENERATED, "--threads", threads])
                head = f"{element:5} {threads} thread{'s' if threads > 1 else ' '} prompt {prompt:4}"
                print(f"{head} gobbet      {row['prefill_tok_per_s']:7.0f} {row['decode_tok_per_s']:6.1f}"
                      f"   {row['prefill_of_limit']:.0%} of the arithmetic, {row['decode_of_limit']:.0%} of the reading limit", flush=True)
                for name in lists["peers"]:
                    if element not in PEERS[name][1] or not importlib.util.find_spec(name):
                        continue
                    other = run([sys.executable, __file__, "peer", name, element, prompt, threads])
                    print(f"{head} {name:11} {other['prefill_tok_per_s']:7.0f} {other['decode_tok_per_s']:6.1f}"
                          f"   Gobbet {row['prefill_tok_per_s'] / other['prefill_tok_per_s']:.2f} x, {row['decode_tok_per_s'] / other['decode_tok_per_s']:.2f} x", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        print(json.dumps(peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), *sys.argv[6:7])))
    else:
        main()
