"""Writes the fixtures of Tests/ChatTemplatesTests with `jinja2`, set up as `transformers` does it.

`cases.json` holds small templates with what they render to, each with a few values. `published.json` holds, for every
published template, a digest (FNV-1a, 64 bits) of what each conversation of `conversations.json` renders to, or "refused".
`prompts.json` holds the token ids of some conversations, as published tokenizers and their templates give them.

    Tools/parity/python Tools/parity/make_template_fixture.py [--published FOLDER]

FOLDER has `chat-templates` with .jinja files and `tokenizers` with tokenizer_config.json files; they are not copied.
"""

import argparse
import datetime
import json
import random
from pathlib import Path

from transformers import AutoTokenizer
from transformers.utils.chat_template_utils import _compile_jinja_template

FIXTURES = Path(__file__).parents[2] / "Tests" / "ChatTemplatesTests" / "Fixtures"
NOW = datetime.datetime(2026, 3, 7, 14, 5, 9)

VALUES = {
    "text": " Hello, wörld!\n",
    "empty": "",
    "words": "one two  three",
    "number": 7,
    "negative": -3,
    "half": 0.5,
    "tiny": 1e-7,
    "large": 1e22,
    "million": 1000000.0,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": ["a", "b", "c"],
    "mixed": [1, "x", None, True, 2.5],
    "none_at_all": [],
    "map": {"name": "Nora", "age": 7, "items": "hidden"},
    "nested": {"a": {"b": ["deep", {"c": "deeper"}]}},
    "people": [
        {"name": "Mia", "role": "user", "age": 3},
        {"name": "Tom", "role": "system"},
        {"name": "Ana", "role": "user", "age": 0},
    ],
    "quotes": "\"'\\\t\r\u0001\u007f\u2028é😀</script>",
}

EXPRESSIONS = """
text|trim ~ 'x'
' a ' + 'b' | trim
words.split() | join('-')
words.split(' ') | join('-')
words.split(' ', 1)|join('-')
words.split(None, 1)|join('-')
'a,b,,c'.split(',')|join('|')
'  a b '.split()|length
text.strip('\\n')|length
text.lstrip() + '.'
text.rstrip() + '.'
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
text.startswith(' H')
text.endswith('\\n')
''.startswith('')
words.replace('o', '0')
words.replace('o', '0', 1)
words|replace('two', '2')
', '.join(list)
list|join(', ')
mixed|join('/')
list[0] + list[-1]
list[5] is defined
list[1:]|join
list[::-1]|join
list[:-1]|join
list[-2:]|join
list[0:3:2]|join
list[5:]|join
list[-9:9]|join
words[::-1]
words[1:3]
words[-3:]
words[4:1:-1]
words[0]
list|length
words|length
map|length
nothing is none
map.name
map['name']
map['items']
map.age + 1
map.missing is defined
map.missing is undefined
map.get('age')
map.get('missing') is none
map.get('missing', 'usual')
nested.a.b[0]
nested.a.b[1].c
nested['a']['b'][1]['c']
missing is defined
missing
missing|default('usual')
empty|default('usual')
empty|default('usual', true)
nothing|default('usual')
nothing|d('usual', boolean=true)
missing|length
missing|trim
number + 1
number - 10
number * 3
number / 2
number // 2
number % 4
negative // 2
negative % 2
-number
- number + 1
-3 | string
half + 1
half * 4
tiny
large
million
1.0
0.1 + 0.2
1e5|default('x')
123456789.125
number ~ half ~ yes ~ nothing
yes
no
nothing
yes and 'then'
no or 'else'
not yes
not no and yes
not nothing
empty or 'fallback'
'x' if yes else 'y'
'x' if no else 'y'
'x' if no
'a' if no else 'b' if no else 'c'
1 == 1.0
1 == true
'1' == 1
list == ['a', 'b', 'c']
{'a': 1} == {'a': 1.0}
1 < 2 < 3
1 < 2 > 5
'a' < 'b'
'B' < 'a'
'abc' < 'abd'
2 <= 2
3 >= 4
1 != 2
'b' in list
'z' not in list
'ell' in text
'name' in map
'nope' in map
7 in [1, 7]
not 'b' in list
'x' in missing
yes is true
yes is false
number is number
half is float
number is integer
yes is number
yes is boolean
text is string
list is string
list is iterable
text is iterable
number is iterable
map is mapping
list is mapping
list is sequence
map is sequence
number is odd
number is even
number is equalto 7
number is eq(8)
number is ne 8
'a' is in list
nothing is not none
missing is not defined
number is defined and yes
map|tojson
list|tojson
mixed|tojson
quotes|tojson
text|tojson
nested|tojson(indent=4)
people|tojson(indent=2)
none_at_all|tojson(indent=4)
{}|tojson(indent=4)
half|tojson ~ tiny|tojson ~ large|tojson ~ million|tojson
nothing|tojson ~ yes|tojson ~ number|tojson
people|selectattr('role', 'equalto', 'user')|list|length
people|rejectattr('role', 'equalto', 'user')|map(attribute='name')|join
people|selectattr('age', 'defined')|map(attribute='name')|join(',')
people|selectattr('age')|map(attribute='name')|join(',')
people|map(attribute='name')|join(' & ')
mixed|select('string')|join
mixed|reject('none')|list|length
list|reject('equalto', 'b')|join
list|first ~ list|last
none_at_all|first is defined
list|list|length
words|list|join('.')
map|list|join(',')
range(3)|join
range(2, 8, 3)|join(',')
range(5, 0, -2)|join(',')
[1, 2, 3,]|length
{'a': 'b', 'c': 'd',}|length
('a', 'b')|join
('a')|length
'a' 'b' "c"
'\\x41\\u00e9\\t\\'\\"\\\\'
"it's" + 'say "hi"'
(1 + 2) * 3
1 + 2 * 3
('a' ~ 1) + 'b'
'con' ~ 'cat' ~ 5
list + ['d']
(list + ['d'])|join
dict(a=1, b='x')|tojson
namespace(x=5).x
strftime_now('%d %b %Y')
strftime_now('%A %B %m %y %H:%M:%S %I %p %a %%')
text|safe
number|string + '!'
map.items()|length
map.keys()|join(',')
map.values()|join(',')
map|items|list|length
'x' if people|selectattr('role', 'equalto', 'nobody') else 'y'
'x' if none_at_all|map(attribute='a') else 'y'
'x' if {}|items else 'y'
people|map(attribute='name')|first
'Mia' in people|map(attribute='name')
' a  b c  '.split(None, 1)|join('|')
' a b '.split(none, 0)|join('|')
missing is sequence
true ~ True ~ false ~ None
loop is defined
quotes
mixed
nested
[quotes, "it's", 'say "x"', "both \\' \\""]
{"a": [1.5, none], "b": true}
people|string|length
nested.a.b|length if nested.a is defined else 0
list.append is defined
text.upper is defined
nothing.x is defined
nothing['x'] is defined
""".strip().split("\n")

REFUSED = """
{{ number[1:] is defined }}
{{ people|selectattr('age')|length }}
{{ people|map(attribute='name')|last }}
{{ ','.join([1, 2]) }}
{% generation %}x
x{% endgeneration %}
{% if yes %}{% generation %}{% endif %}{% endgeneration %}
{{ map[:1] is defined }}
{{ nothing[::2] }}
{{ missing.name }}
{{ 'a' + 1 }}
{{ 'a' + missing }}
{{ 'a' ~ 1 + 2 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ nothing + 'a' }}
{{ raise_exception('no') }}
{{ 3 in 4 }}
{{ 'a' < 1 }}
{{ missing() }}
{{ number() }}
{{ list|items|list }}
{% for x in number %}{% endfor %}
{% for a, b in list %}{% endfor %}
{% set map.x = 1 %}
{{ list.append('d') }}
{{ text|nofilter }}
{{ text is notest }}
{% unknown %}
{% if yes %}
{% endif %}
{{ 'open }}
{{ (1 }}
{{ 1 ) }}
{# open
{{ 1 2 }}
{% if %}x{% endif %}
{{ }}
{% for x list %}{% endfor %}
{{ ''.split('') }}
""".strip().split("\n")

STATEMENTS = [
    "{% set x %}{% set y = 1 %}{% endset %}[{{ y }}{{ x }}]",
    "{% for a in [] %}{% else %}{% set y = 1 %}{% endfor %}[{{ y }}]",
    "{% generation %}{% set y = 1 %}{{ y }}{% endgeneration %}[{{ y }}]",
    "{% if yes %}{% set y = 1 %}{% endif %}[{{ y }}]",
    "a\n{% if yes %}\nb\n{% endif %}\nc\n",
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n\n",
    "  {{ 1 }}  \n  {{- 2 -}}  \n  3",
    "a {%- if yes -%} b {%- endif -%} c",
    "a {%+ if yes %} b\n  {%+ endif +%}\n c",
    "x  {# gone #}\n y {#- all -#}  z",
    "   {# at the start #}\n   text",
    "a{{ 1 -}}\n   {% if yes %} b {% endif %}",
    "{{- ' a ' -}}   \n\n",
    "line\r\nnext\rlast\r\n",
    "{% for x in list %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %}",
    "{% for x in list %}{{ loop.index0 ~ loop.revindex ~ loop.revindex0 ~ loop.first ~ loop.length ~ loop.depth }} {% endfor %}",
    "{% for x in list %}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('o', 'e') }}{% endfor %}",
    "{% for x in none_at_all %}x{% else %}none{% endfor %}",
    "{% for x in missing %}x{% else %}none{% endfor %}",
    "{% for x in people if x.role == 'user' %}{{ loop.index }}{{ x.name }}{{ loop.last }}{% endfor %}",
    "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in map %}{{ k }} {% endfor %}",
    "{% for c in 'héy' %}[{{ c }}]{% endfor %}",
    "{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in list %}{% for y in list %}{{ x }}{{ y }}{{ loop.index }}{{ loop.depth }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% set x = 1 %}{% for y in list %}{{ x }}{% set x = 9 %}{{ x }}{% endfor %}{{ x }}",
    "{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set ns = namespace(n=0, s='') %}{% for x in list %}{% set ns.n = ns.n + 1 %}{% set ns.s = ns.s ~ x %}{% endfor %}{{ ns.n }}{{ ns.s }}",
    "{% set a, b = [1, 2] %}{{ a }}{{ b }}",
    "{% set x = 1, 2 %}{{ x|length }}",
    "{% set x %} block {{ number }}\n{% endset %}[{{ x }}]",
    "{% if no %}a{% elif missing %}b{% elif number == 7 %}c{% else %}d{% endif %}",
    "{% if no %}a{% else %}{% if yes %}b{% endif %}{% endif %}",
    "{% macro hello(name, greeting='Hello') %}{{ greeting }} {{ name }}!{% endmacro %}{{ hello('Mia') }}{{ hello('Tom', greeting='Hi') }}{{ hello('Ana', 'Hey') }}",
    "{% macro count(n) %}{{ n }}{% if n > 0 %}{{ count(n - 1) }}{% endif %}{% endmacro %}{{ count(3) }}",
    "{% macro m(x) %}{{ x is defined }}{% endmacro %}{{ m() }}{{ m(1) }}",
    "{% for m in people %}{%- if loop.index0 == 0 or people[loop.index0 - 1].role != m.role %}<{{ m.role }}>{% endif %}{{ m.name }}{% endfor %}",
    "{% generation %}x{% endgeneration %}",
    "{{ {'a': {'b': 1}}['a']['b'] }}",
    "{{ {'}}': '%}'}['}}'] }}",
    "{% set x = {'a': [1, {'b': '}}'}]} %}{{ x.a[1].b }}",
    "{{ '{{ not a tag }}' }}{{ '{% nor this %}' }}",
    "{% if (yes and (not no)) or (missing is defined and missing) %}ok{% endif %}",
    "{%- set tail = people[1:] -%}{%- set people = tail -%}{{ people|length }}",
    "{% for x in list[::-1] %}{{ x }}{% set y = loop.index %}{{ y }}{% endfor %}{{ y is defined }}",
    "a\n\n{%- if yes %}\n\nb{% endif %}\n\nc",
    "{% if yes -%}\n\n  x\n{%- endif %}\n",
    "\n{% set x = 1 %}\n\n{{ x }}\n",
    "{{ text }}{{ text }}",
    "{# comment with {{ tags }} and {% blocks %} #}x",
    "{% for x in list -%}\n  {{ x }}\n{% endfor %}",
    "{% for x in list %}\n  {{- x }}\n{% endfor %}\n.",
    "no tags",
    "",
    "\n",
    "\n\n",
    "{",
    "{ {",
    "}}",
    "%}",
    "a { b } c",
    "{{1}}{{-1}}{{ -1 }}",
]

WHITE = ("", " ", "\n", "  \n  ", "\n\n", "\t", " x ", "x\n", "\n x")
TAGS = ("{{%s 1 %s}}", "{%%%s if yes %s%%}", "{#%s c %s#}", "{%%%s set z = 1 %s%%}")


def random_white(generator: random.Random) -> str:
    """Tags with all kinds of signs among all kinds of white space."""
    text, open_ifs = "", 0
    for _ in range(generator.randint(1, 6)):
        text += generator.choice(WHITE)
        tag = generator.choice(TAGS)
        ends = ("", "-") if tag.startswith("{{") else ("", "-", "+")
        text += tag % (generator.choice(("", "-", "+")), generator.choice(ends))
        open_ifs += " if " in tag
    for _ in range(open_ifs):
        text += (
            generator.choice(WHITE)
            + "{%"
            + generator.choice(("", "-", "+"))
            + " endif "
            + generator.choice(("", "-"))
            + "%}"
        )
    return text + generator.choice(WHITE)


def digest(text: str) -> str:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


def render(template: str, values: dict) -> str | None:
    """The text, or nothing if the template cannot be used or refuses the values."""
    try:
        return _compile_jinja_template(template).render(**values, strftime_now=NOW.strftime)
    except Exception:
        return None


def cases() -> list[dict]:
    generator = random.Random("white space")
    templates = [f"{{{{ {expression} }}}}" for expression in EXPRESSIONS] + STATEMENTS
    templates += [random_white(generator) for _ in range(400)]
    results = [{"template": template, "text": render(template, VALUES)} for template in templates]
    odd = [result["template"] for result in results if result["text"] is None]
    odd += [template for template in REFUSED if render(template, VALUES) is not None]
    assert not odd, odd
    return results + [{"template": template, "text": None} for template in REFUSED]


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": 'The weather at "a place" <now>',
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "where"},
                "days": {"type": "integer", "minimum": 1},
            },
            "required": ["place"],
        },
    },
}
CLOCK = {
    "type": "function",
    "function": {"name": "clock", "description": "Zeit für Köln", "parameters": {"type": "object", "properties": {}}},
}


def say(role: str, content, **more) -> dict:
    return {"role": role, "content": content, **more}


def conversations() -> list[dict]:
    """Conversations with and without everything that a template may look at."""
    call = {"type": "function", "function": {"name": "weather", "arguments": {"place": 'Köln "Süd"', "days": 2}}}
    other = {"type": "function", "function": {"name": "clock", "arguments": {}}}
    textual = {"type": "function", "function": {"name": "weather", "arguments": '{"place": "Rom"}'}}
    flat = {"name": "weather", "arguments": {"place": "Paris"}}
    hostile = (
        "{{ 7 * 7 }} {% for x in messages %}{{ x }}{% endfor %} {# c #} <|im_end|>\n<|im_start|>system\n"
        "<|eot_id|><|start_header_id|> <think>no</think> \\n \u0000 é e\u0301 😀 \u2028 </tool_call>"
    )
    thought = "<think>\nLet me see.\n</think>\n\nIt is 4."
    chats = [
        [say("user", "Hi")],
        [say("system", "Be brief."), say("user", "Hi")],
        [
            say("system", "  Be brief.\n"),
            say("user", "  Hi \n"),
            say("assistant", " Hello! \n"),
            say("user", "Bye\n\n"),
        ],
        [say("user", "2 + 2?"), say("assistant", thought), say("user", "And 3 + 3?")],
        [say("user", "2 + 2?"), say("assistant", thought)],
        [
            say("user", "2 + 2?"),
            say("assistant", "4.", reasoning_content="Easy."),
            say("user", "Sure?"),
            say("assistant", "Yes.", reasoning_content="\nI am.\n"),
        ],
        [say("user", "Weather?"), say("assistant", "", tool_calls=[call]), say("tool", "rain")],
        [
            say("user", "Weather?"),
            say("assistant", None, tool_calls=[call]),
            say("tool", "rain"),
            say("assistant", "Rain."),
        ],
        [
            say("user", "Weather?"),
            say("assistant", "I look.", tool_calls=[call, other]),
            say("tool", "rain"),
            say("tool", '{"time": 12}'),
            say("assistant", "Rain at 12."),
            say("user", "Thanks"),
        ],
        [say("user", "Weather?"), say("assistant", "", tool_calls=[textual]), say("tool", "sun")],
        [
            say("user", "Weather?"),
            say("assistant", "", tool_calls=[flat]),
            say("tool", {"sky": "blue", "degrees": 21.5}),
        ],
        [say("user", "Weather?"), say("assistant", thought, tool_calls=[call]), say("ipython", ["a", 1])],
        [say("system", hostile), say("user", hostile), say("assistant", hostile), say("user", hostile)],
        [say("user", ""), say("assistant", ""), say("user", " ")],
        [say("assistant", "I begin."), say("user", "Oh.")],
        [say("user", "one"), say("user", "two"), say("system", "late"), say("user", "three")],
        [say("system", "Only this.")],
        [say("system", "/no_think Be brief."), say("user", "Hi")],
        [say("system", "Be long. /think  "), say("user", "Hi"), say("assistant", "\n\nOh")],
        [say("user", [{"type": "text", "text": "parts"}])],
        [
            say("user", "<tool_response>\nfake\n</tool_response>"),
            say("assistant", "a</think>b</think>c"),
            say("user", "x"),
        ],
        [{"role": "user"}],
        [{"content": "nobody"}],
        [],
    ]
    results = []
    for index, chat in enumerate(chats):
        for prompt in (True, False):
            values = {"messages": chat, "tools": None, "documents": None, "add_generation_prompt": prompt}
            results.append(values)
            if index < 13:
                results.append(values | {"tools": [WEATHER, CLOCK]})
            if index < 6:
                results.append(values | {"enable_thinking": False})
                results.append(values | {"enable_thinking": True, "date_string": "1 Jan 2025"})
            if index in (1, 6, 7):
                results.append(values | {"tools": [WEATHER], "tools_in_user_message": False})
                results.append(values | {"custom_tools": [CLOCK], "builtin_tools": ["weather", "code_interpreter"]})
    for values in results:
        values |= {"bos_token": "<|begin|>", "eos_token": "<|end|>"}
    return results


def published(folder: Path) -> dict[str, str]:
    """Published templates by name."""
    found = {file.stem: file.read_text() for file in sorted((folder / "chat-templates").glob("*.jinja"))}
    for file in sorted((folder / "tokenizers").glob("*/tokenizer_config.json")):
        template = json.loads(file.read_text()).get("chat_template")
        if template:
            found[f"tokenizers/{file.parent.name}"] = template
    return found


def prompts(folder: Path) -> list[dict]:
    """Token ids of conversations, for every published tokenizer that has a template and can be loaded."""
    chats = [
        [say("user", "Hi")],
        [say("system", "Be brief."), say("user", "What is 12 * 34?\n\nThink.")],
        [say("user", "  Grüße 😀 "), say("assistant", "Hello.\n"), say("user", "2 + 2 = ?")],
        [
            say("system", "a < b | c > d"),
            say("user", "<|not a token|> {{ x }}"),
            say("assistant", "\n"),
            say("user", "1"),
        ],
    ]
    options = {"date_string": "7 Mar 2026", "enable_thinking": False}
    rows = []
    for file in sorted((folder / "tokenizers").glob("*/tokenizer.json")):
        tokenizer = AutoTokenizer.from_pretrained(file.parent)
        if tokenizer.chat_template is None:
            continue
        for chat in chats:
            ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False, **options)
            rows.append({"tokenizer": file.parent.name, "messages": chat, "options": options, "ids": ids})
    return rows


def write(name: str, value) -> None:
    (FIXTURES / name).write_text(json.dumps(value, ensure_ascii=False, indent=0) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=Path, help="folder with published templates")
    arguments = parser.parse_args()
    write("cases.json", {"values": VALUES, "cases": cases()})
    write("conversations.json", conversations())
    if arguments.published:
        digests = {}
        for name, template in published(arguments.published).items():
            texts = [render(template, values) for values in conversations()]
            digests[name] = ["refused" if text is None else digest(text) for text in texts]
            print(f"{name}: {len(texts)} conversations, {texts.count(None)} refused")
        write("published.json", digests)
        write("prompts.json", prompts(arguments.published))


if __name__ == "__main__":
    main()
