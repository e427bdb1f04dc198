#!/bin/bash
# Guess: minijinja, which servers outside Python render chat templates with, gives the text that transformers
# gives, for a template within what both know: tojson of a tool's description, and a test for the kind of content.
# Behaviour: tojson writes < > & ' as \u003c \u003e \u0026 \u0027, where transformers keeps them, so a model
# reads "don\u0027t" in a tool's description; "is sequence" is false for a text, true in Jinja, so that a
# template that asks it before "is string" takes another branch. Key order and spaces agree.
# Versions: minijinja 3.0.5, transformers 5.24.0, jinja2 3.1.6. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet minijinja==3.0.5 transformers==5.24.0 jinja2==3.1.6
"$folder/venv/bin/python" 2>&1 - <<'PYTHON'
import minijinja
from transformers.utils.chat_template_utils import render_jinja_template

environment = minijinja.Environment(trim_blocks=True, lstrip_blocks=True)
tool = {"name": "look", "description": "don't use <b> & co", "arguments": {"z": 1, "a": None}}

def both(template, content):
    messages = [{"role": "user", "content": content}]
    theirs, _ = render_jinja_template([messages], tools=[tool], chat_template=template)
    other = environment.render_str(template, messages=messages, tools=[tool])
    print("transformers:", theirs[0], "| minijinja:", other)
    return theirs[0], other

plain = '{"name": "look", "description": "don\'t use <b> & co", "arguments": {"z": 1, "a": null}}'
escaped = plain.replace("'", "\\u0027").replace("<", "\\u003c").replace(">", "\\u003e")
escaped = escaped.replace("&", "\\u0026")
assert both("{{ tools[0] | tojson }}", "") == (plain, escaped), "the behaviour has changed"
kind = "{% if messages[0].content is sequence %}parts{% else %}text{% endif %}"
assert both(kind, "hello") == ("parts", "text"), "the behaviour has changed"
assert both(kind, [{"type": "text", "text": "hello"}]) == ("parts", "parts"), "it has changed"
PYTHON
