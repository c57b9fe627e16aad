"""Tries `specsearch serve` as its users will: with the official client, with broken and hostile requests, under load.

Prints a line for each check, and exits with 1 if one failed.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Q: Max has 7 eggs. Max loses 3 eggs. How many eggs does Max have now?"
TEMPLATE = "{% for message in messages %}{{ message.content }}{{ '\n' }}{% endfor %}"
# A model that was made for short answers ends them: this text it goes on with for long.
LONG = "Q: Reach 24 from 4 6 7 8.\n"


class Server:
    """A server of its own, with a client."""

    def __init__(self, program: Path, bundle: Path | None, *options: str, key: str | None = None) -> None:
        environment = dict(os.environ, SPECSEARCH_API_KEY=key or "")
        models = ["--bundle", str(bundle)] if bundle else []
        command = [str(program), "serve", *models, "--name", "tiny", "--port", "0", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        self.port = self.announced_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.client = openai.OpenAI(base_url=self.base + "/v1", api_key=key or "none", max_retries=0, timeout=60)

    def announced_port(self, seconds: float = 60) -> int:
        """Where the server says that it listens; what it says later is thrown away."""
        deadline = threading.Timer(seconds, self.process.kill)
        deadline.start()
        said = ""
        for line in self.process.stderr:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                deadline.cancel()
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return int(found[1])
        deadline.cancel()
        raise RuntimeError(f"the server does not begin: {said}")

    def metrics(self) -> dict[str, float]:
        """All figures by name."""
        text = httpx.get(self.base + "/metrics").text
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096

    def idle(self, seconds: float = 2) -> bool:
        """Whether soon nothing runs and no KV memory is in use."""
        end = time.monotonic() + seconds
        while True:
            metrics = self.metrics()
            running = sum(value for name, value in metrics.items() if "specsearch_running" in name)
            if running == 0 and metrics["specsearch_kv_bytes"] == 0:
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.02)

    def raw(self, data: bytes, wait: float = 5) -> bytes:
        """What comes back on a connection that sends these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            parts = []
            try:
                connection.sendall(data)
                while part := connection.recv(65536):
                    parts.append(part)
                    if b"\r\n\r\n" in b"".join(parts):
                        connection.settimeout(0.2)
            except OSError:  # Time is up, or the server does not want to read more.
                pass
            return b"".join(parts)

    def stop(self, seconds: float = 10) -> int:
        self.process.terminate()
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1


@contextmanager
def serving(*arguments, **options) -> Iterator[Server]:
    server = Server(*arguments, **options)
    try:
        yield server
    finally:
        server.stop()


def post(server: Server, path: str, body, **options) -> httpx.Response:
    return httpx.post(server.base + path, json=body, timeout=60, **options)


# --- What the official client asks for.


def check_models(server: Server) -> None:
    assert [model.id for model in server.client.models.list()] == ["tiny"]
    assert server.client.models.retrieve("tiny").owned_by == "specsearch"
    refused(httpx.get(server.base + "/v1/models/other%2Ftiny"), 404, "only tiny")
    assert httpx.get(server.base + "/health").json() == {"status": "ok"}


def chat(server: Server, **options):
    options = {"messages": [{"role": "user", "content": QUESTION}], "temperature": 0, "max_tokens": 40, **options}
    return server.client.chat.completions.create(model="tiny", **options)


def check_chat(server: Server) -> None:
    answer = chat(server)
    assert answer.choices[0].message.role == "assistant"
    assert "4" in answer.choices[0].message.content, answer
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert chat(server, max_tokens=2).choices[0].finish_reason == "length"
    parts = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    assert chat(server, messages=parts).choices[0].message.content == answer.choices[0].message.content


def check_streaming(server: Server) -> None:
    whole = chat(server, temperature=1, seed=5)
    chunks = list(chat(server, temperature=1, seed=5, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content, (text, whole)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len(chunks) > 4


def check_choices(server: Server) -> None:
    several = {"messages": [{"role": "user", "content": LONG.strip()}], "temperature": 1.5, "seed": 1, "n": 4}
    answers = chat(server, **several)
    assert [choice.index for choice in answers.choices] == [0, 1, 2, 3]
    texts = [choice.message.content for choice in answers.choices]
    assert len(set(texts)) > 1, texts
    streamed = ["", "", "", ""]
    for chunk in chat(server, **several, stream=True):
        streamed[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert streamed == texts


def check_seed(server: Server) -> None:
    first, again, other = (
        chat(server, temperature=1.5, seed=seed, n=8).model_dump()["choices"] for seed in (7, 7, 8)
    )
    assert first == again != other


def check_probabilities(server: Server) -> None:
    plain = chat(server)
    content = chat(server, logprobs=True, top_logprobs=3).choices[0].logprobs.content
    assert "".join(bytes(token.bytes).decode() for token in content) == plain.choices[0].message.content
    for token in content:
        assert len(token.top_logprobs) == 3
        assert token.top_logprobs[0].token == token.token, "greedy takes the most probable token"
        assert abs(token.top_logprobs[0].logprob - token.logprob) < 1e-6
        assert all(a.logprob >= b.logprob for a, b in zip(token.top_logprobs, token.top_logprobs[1:]))
    streamed = [
        token
        for chunk in chat(server, logprobs=True, stream=True)
        if chunk.choices and chunk.choices[0].logprobs
        for token in chunk.choices[0].logprobs.content
    ]
    assert [token.logprob for token in streamed] == [token.logprob for token in content]
    text = server.client.completions.create(model="tiny", prompt=LONG, temperature=0, logprobs=2, max_tokens=8)
    logprobs = text.choices[0].logprobs
    assert "".join(logprobs.tokens) == text.choices[0].text
    assert len(logprobs.token_logprobs) == 8 and len(logprobs.top_logprobs[0]) == 2
    assert logprobs.text_offset[0] == 0 and logprobs.text_offset[1] == len(logprobs.tokens[0])


def check_stop(server: Server) -> None:
    whole = chat(server).choices[0].message.content
    stop = whole[5:9]
    for streamed in (False, True):
        answer = chat(server, stop=[stop, "never"], stream=streamed)
        text = (
            "".join(chunk.choices[0].delta.content or "" for chunk in answer)
            if streamed
            else answer.choices[0].message.content
        )
        assert text == whole[: whole.index(stop)], (text, whole)
    scored = chat(server, stop=[stop], logprobs=True)
    assert scored.usage.completion_tokens == len(scored.choices[0].logprobs.content)
    parts = list(chat(server, stop=[stop], stream=True, stream_options={"include_usage": True}))
    assert parts[-1].usage.completion_tokens == scored.usage.completion_tokens


def check_completions(server: Server) -> None:
    create = server.client.completions.create
    answer = create(model="tiny", prompt=LONG, temperature=0, max_tokens=20)
    assert answer.object == "text_completion" and answer.usage.completion_tokens == 20
    both = create(model="tiny", prompt=[LONG, QUESTION + "\n"], temperature=0, max_tokens=20, n=2)
    assert [choice.index for choice in both.choices] == [0, 1, 2, 3]
    assert both.choices[0].text == both.choices[1].text == answer.choices[0].text != both.choices[2].text
    text = "".join(
        part.choices[0].text for part in create(model="tiny", prompt=LONG, temperature=0, max_tokens=20, stream=True)
    )
    assert text == answer.choices[0].text


def check_search(server: Server) -> None:
    question = {"question": "Reach 14 from 3 9 12 14.", "policy": "paper", "seed": 3}
    whole = post(server, "/search", question).json()
    assert whole["answer"] == "14", whole
    with httpx.stream("POST", server.base + "/search", json={**question, "stream": True}, timeout=60) as response:
        assert response.headers["content-type"] == "text/event-stream"
        lines = [line[6:] for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    assert events[0]["event"] == "started" and events[0]["policy"] == "paper"
    assert events[-1]["event"] == "finished" and events[-1]["answer"] == "14"
    assert events[-1]["counters"]["thoughtsDrafted"] == whole["counters"]["thoughtsDrafted"]
    written = [event["thought"]["text"] for event in events if "thought" in event]
    assert written == [thought["text"] for thought in whole["thoughts"]]
    for body, word in (
        ({}, "question"),
        ({"question": ""}, "empty"),
        ({"question": "x", "policy": "best"}, "policy"),
        ({"question": "x", "width": -1}, "width"),
        ({"question": "x", "width": 64, "beams": 64}, "width"),
        ({"question": "x", "file": "/etc/passwd"}, "file"),
        ({"question": "x", "strategy": "mcts", "policy": "selective"}, "selective"),
        ({"question": "x" * 70000}, "question"),
        ({"question": "word " * 9000}, "tokens"),
    ):
        answer = post(server, "/search", body)
        assert answer.status_code == 400 and word in answer.json()["error"]["message"], (body, answer.text)


def check_page(server: Server) -> None:
    page = httpx.get(server.base + "/")
    assert page.status_code == 200 and 'id="recording">null</script>' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


# --- Leaving.


def check_disconnect(server: Server) -> None:
    before = server.metrics()["specsearch_disconnects_total"]
    body = {"prompt": [LONG] * 8, "n": 8, "max_tokens": 1000, "temperature": 2, "seed": 1}
    for streamed in (True, False):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            data = json.dumps({**body, "stream": streamed}).encode()
            head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head.encode() + f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
            end = time.monotonic() + 5
            while server.metrics()["specsearch_kv_bytes"] == 0:
                assert time.monotonic() < end, "nothing began"
        start = time.monotonic()
        assert server.idle(), server.metrics()
        print(f"    free {1000 * (time.monotonic() - start):.0f} ms after the client left")
    with httpx.stream(
        "POST", server.base + "/search", json={"question": "Reach 36 from 1 8 12 16.", "stream": True, "width": 32}
    ) as response:
        next(response.iter_lines())
    assert server.idle(), server.metrics()
    stream = chat(server, stream=True, max_tokens=4000, n=16, temperature=2)
    next(iter(stream))
    stream.close()
    assert server.idle(), server.metrics()
    assert server.metrics()["specsearch_disconnects_total"] > before


# --- Broken and hostile requests.


def refused(answer: httpx.Response, status: int, word: str) -> None:
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    error = answer.json()["error"]
    assert word in error["message"], error
    assert error["type"]


def check_numbers(server: Server) -> None:
    for name, values in {
        "n": [0, -1, 65, 10**30, 1.5, "2"],
        "max_tokens": [0, -1, 2**63, 10**400, "all"],
        "temperature": [-1, 1e9, "hot"],
        "top_p": [-1, 2],
        "top_k": [-1],
        "seed": [0.5, 10**30],
        "logprobs": [-1, 100],
        "presence_penalty": [-3],
        "n_discard": [-1],
    }.items():
        for value in values:
            # Numbers that nobody can hold are no JSON here.
            word = "out of range" if isinstance(value, int) and abs(value) > 10**308 else name
            refused(post(server, "/v1/completions", {"prompt": "x", name: value}), 400, word)
    refused(post(server, "/v1/completions", {"prompt": "x", "n": 64, "max_tokens": 4096}), 400, "may hold")
    refused(post(server, "/v1/completions", {"prompt": [[10**6]]}), 400, "vocabulary")
    refused(post(server, "/v1/completions", {"prompt": [[-1]]}), 400, "vocabulary")
    refused(post(server, "/v1/completions", {"prompt": ""}), 400, "empty")
    refused(post(server, "/v1/completions", {"prompt": "word " * 20000}), 400, "tokens")


def check_members(server: Server) -> None:
    for name in ("tools", "logit_bias", "response_format", "grammar", "chat_template_kwargs", "best_of"):
        refused(post(server, "/v1/completions", {"prompt": "x", name: {"a": 1}}), 400, name)
    refused(post(server, "/v1/chat/completions", {"messages": []}), 400, "messages")
    refused(post(server, "/v1/chat/completions", {"model": "other", "messages": [{"role": "user", "content": "x"}]}), 404, "tiny")
    refused(post(server, "/v1/chat/completions", {"messages": [{"role": "tool", "content": "x"}]}), 400, "role")
    refused(httpx.get(server.base + "/v1/models/../../etc/passwd"), 404, "nothing")
    refused(httpx.get(server.base + "/v1/models/..%2f..%2fetc"), 404, "model")
    assert httpx.get(server.base + "/v1/completions").status_code in (404, 405)


def check_bodies(server: Server) -> None:
    def send(content: bytes, kind: str = "application/json") -> httpx.Response:
        return httpx.post(server.base + "/v1/completions", content=content, headers={"content-type": kind})

    refused(send(b'{"prompt": "x"}', "text/plain"), 415, "application/json")
    for kind in (";", "; charset=utf-8"):
        refused(send(b'{"prompt": "x"}', kind), 415, "application/json")
    empty = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type:\r\nContent-Length: 2\r\n\r\n{}"
    assert b" 415 " in server.raw(empty), server.raw(empty)[:60]
    refused(send(b""), 400, "JSON")
    refused(send(b"{"), 400, "JSON")
    refused(send(b'{"prompt": "\xff"}'), 400, "JSON")
    refused(send(b'{"prompt": "x", "prompt": "y"}'), 400, "JSON")
    refused(send(b'{"prompt": "\\ud800"}'), 400, "JSON")
    refused(send(b"[" * 100_000), 400, "JSON")
    refused(send(b'{"prompt":' + b"[" * 40 + b"]" * 40 + b"}"), 400, "JSON")
    refused(send(b"[1]"), 400, "object")
    refused(send(b'{"prompt": "' + b"x" * 2_000_000 + b'"}'), 413, "long")
    huge = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"
    assert server.raw(huge)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 431"), server.raw(huge)[:100]
    for line in (b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /\x00 HTTP/1.1\r\n\r\n"):
        assert server.raw(line)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 505", b"HTTP/1.1 404"), server.raw(line)[:60]
    negative = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"
    assert server.raw(negative)[:12] in (b"", b"HTTP/1.1 400")
    check_models(server)


def check_host(server: Server) -> None:
    for host in ("evil.example", "evil.example:8080", "127.0.0.1.evil.example"):
        refused(httpx.get(server.base + "/v1/models", headers={"host": host}), 421, "host")
    for host in ("localhost", "localhost:1", "127.0.0.1", "[::1]:8080"):
        assert httpx.get(server.base + "/v1/models", headers={"host": host}).status_code == 200
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {fields[1] for fields in sockets if fields[3] == "0A" and fields[1].endswith(f":{server.port:04X}")}
    assert addresses == {f"0100007F:{server.port:04X}"}, f"not only this machine can come in: {addresses}"


def check_slow(server: Server) -> None:
    """Requests that never end are dropped; the limit is 20 seconds."""
    begun = []
    for data in (
        b"POST /search HTTP/1.1\r\nHost: loc",
        b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=40)
        connection.sendall(data)
        begun.append(connection)
    start = time.monotonic()
    for _ in range(15):
        time.sleep(1)
        try:
            begun[1].sendall(b" ")
        except OSError:
            break
    for connection in begun:
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or b" 408 " in answer or b" 400 " in answer, answer
        connection.close()
    assert time.monotonic() - start < 35
    assert server.idle()


def check_key(program: Path, bundle: Path) -> None:
    with serving(program, bundle, "--name", "our own/tiny", key="right-key") as server:
        assert server.client.models.retrieve("our own/tiny").id == "our own/tiny"
        assert httpx.get(server.base + "/v1/models/our%20own/tiny", headers={"authorization": "Bearer right-key"}).json()
        assert httpx.get(server.base + "/health").status_code == 200
        assert httpx.get(server.base + "/").status_code == 200
        for path in ("/v1/models", "/metrics", "/v1/nothing"):
            for key in (None, "x", "wrong", "right-keyx", "right-ke"):
                headers = {} if key is None else {"authorization": f"Bearer {key}"}
                refused(httpx.get(server.base + path, headers=headers), 401, "key")
        refused(httpx.post(server.base + "/search", json={"question": "x"}), 401, "key")


def check_readers(program: Path, bundle: Path) -> None:
    """Who reads a long answer slowly gets all of it, though that takes longer than a request may; who stops is let go."""
    message = {"role": "user", "content": LONG}
    body = {"messages": [message], "max_tokens": 190, "n": 64, "temperature": 2, "logprobs": True, "top_logprobs": 20}
    data = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    def ask(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)

    def read(connection: socket.socket, slowly_until: float) -> tuple[int, int]:
        """Bytes of the answer that came, and that should have come."""
        answer = bytearray()
        while part := connection.recv(65536):
            answer += part
            if time.monotonic() < slowly_until:
                time.sleep(0.1)
        length = int(re.search(rb"content-length: (\d+)", answer.lower())[1])
        return len(answer) - answer.index(b"\r\n\r\n") - 4, length

    with (
        serving(program, None, "--model", str(endless(bundle))) as server,
        socket.socket() as slow,
        socket.socket() as stalled,
    ):
        ask(slow)
        ask(stalled)
        found, length = read(slow, slowly_until=time.monotonic() + 25)
        assert found == length, (found, length)
        found, length = read(stalled, slowly_until=0)
        assert found < length, "a connection that nobody reads from is held"
        assert server.idle()


def check_beginning(program: Path, bundle: Path) -> None:
    """A server that cannot begin says why, and which option to change."""
    with serving(program, bundle) as server:
        for options, words in (
            (["--port", str(server.port)], ["Cannot listen", str(server.port), "--port"]),
            (["--key-file", "/nowhere/key"], ["--key-file /nowhere/key", "no such file"]),
        ):
            command = [str(program), "serve", "--bundle", str(bundle), *options]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
            assert ended.returncode == 64 and all(word in ended.stderr for word in words), ended


def check_overload(program: Path, bundle: Path) -> None:
    with serving(program, bundle, "--completions", "2", "--waiting", "3") as server:
        body = {"prompt": LONG, "max_tokens": 1500, "temperature": 2, "seed": 1}

        async def all_at_once() -> list[httpx.Response]:
            async with httpx.AsyncClient(timeout=120) as client:
                return await asyncio.gather(
                    *(client.post(server.base + "/v1/completions", json=body) for _ in range(20))
                )

        answers = asyncio.run(all_at_once())
        accepted = [answer for answer in answers if answer.status_code == 200]
        assert len(accepted) >= 5 and {answer.status_code for answer in answers} == {200, 429}, answers
        assert len({answer.json()["choices"][0]["text"] for answer in accepted}) == 1
        for answer in answers:
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                refused(answer, 429, "again")
        assert server.idle()


def endless(bundle: Path) -> Path:
    """A model that never ends a text."""
    folder = bundle.parent / "endless"
    shutil.copytree(bundle / "target", folder, dirs_exist_ok=True)
    configuration = json.loads((bundle / "target/config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**configuration, "eos_token_id": None}))
    return folder


def check_farewell(program: Path, bundle: Path) -> None:
    """Told to end, the server gives the answers that are on their way, but does not wait for ever."""
    for tokens, copies, seconds in ((1000, 1, 10), (4000, 40, 20)):
        body = {"prompt": LONG, "max_tokens": tokens, "temperature": 2, "n": 16}
        with serving(program, None, "--model", str(endless(bundle))) as server, ThreadPoolExecutor(copies) as pool:
            answers = [pool.submit(post, server, "/v1/completions", body) for _ in range(copies)]
            while server.metrics()["specsearch_kv_bytes"] == 0:
                assert not any(answer.done() for answer in answers), "nothing to wait for"
            start = time.monotonic()
            assert server.stop(seconds) == 0
            print(f"    ended {time.monotonic() - start:.1f} s after it was told to")
            if copies == 1:
                assert answers[0].result().json()["usage"]["completion_tokens"] == 16 * tokens


# --- Load.


async def talk(server: Server, clients: int, seconds: float) -> tuple[float, list[str]]:
    """So many clients ask one thing after the other: tokens per second, and what went wrong."""
    start = time.monotonic()
    end = start + seconds
    tokens, wrong = 0, []

    async def one(number: int) -> None:
        nonlocal tokens
        async with httpx.AsyncClient(timeout=120) as client:
            turn = 0
            while time.monotonic() < end:
                turn += 1
                body = {"prompt": f"{LONG}{number} {turn}", "max_tokens": 200, "seed": turn, "temperature": 1.5}
                try:
                    answer = await client.post(server.base + "/v1/completions", json=body)
                    if answer.status_code != 200:
                        wrong.append(f"{answer.status_code} {answer.text[:100]}")
                        continue
                    tokens += answer.json()["usage"]["completion_tokens"]
                except httpx.HTTPError as error:
                    wrong.append(repr(error))

    await asyncio.gather(*(one(number) for number in range(clients)))
    return tokens / (time.monotonic() - start), wrong


def check_load(server: Server, seconds: float, factor: float) -> None:
    """Nothing is lost, memory does not grow, and many clients together get so many times as much as one."""
    asyncio.run(talk(server, 64, min(5, seconds)))
    alone_rate, wrong = asyncio.run(talk(server, 1, min(20, seconds)))
    before, rates, parts = server.memory(), [], max(1, int(seconds // 20))
    for _ in range(parts):
        rate, failed = asyncio.run(talk(server, 64, seconds / parts))
        rates.append(rate)
        wrong += failed
    growth = server.memory() - before
    rate = sum(rates) / len(rates)
    print(f"    one client {alone_rate:.0f} tokens/s, 64 clients {rate:.0f} ({rate / alone_rate:.2f} times), "
          f"{len(wrong)} requests lost, resident memory {growth / 1e6:+.1f} MB")
    assert not wrong, wrong[:3]
    assert rate >= factor * alone_rate
    assert growth < 32e6
    assert server.idle()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("--load", type=float, default=10, help="seconds of load")
    parser.add_argument("--load-model", type=Path, help="a model whose passes wait for memory, to be loaded as well")
    options = parser.parse_args()
    failed, passed = [], 0

    def check(name: str, body: Callable[[], None]) -> None:
        nonlocal passed
        try:
            body()
            passed += 1
            print(f"passed  {name}", flush=True)
        except Exception:
            failed.append(name)
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        shutil.copytree(ROOT / "Weights/qwen", bundle)
        (bundle / "target/chat_template.jinja").write_text(TEMPLATE)
        with serving(options.program, bundle, "--chat-template", "model") as server:
            for body in (
                *(check_models, check_chat, check_streaming, check_choices, check_seed, check_probabilities),
                *(check_stop, check_completions, check_search, check_page, check_disconnect),
                *(check_numbers, check_members, check_bodies, check_host, check_slow),
            ):
                check(body.__name__.removeprefix("check_"), lambda body=body: body(server))
            # A pass of the bundled models takes less than the way of a request, and one client fills half of the machine.
            check("load", lambda: check_load(server, options.load, factor=1))
            assert server.process.poll() is None, "the server has ended"
            check("end", lambda: server.stop() == 0 or (_ for _ in ()).throw(AssertionError("exit code")))
        if options.load_model:
            with serving(options.program, None, "--model", str(options.load_model)) as server:
                check("load of a large model", lambda: check_load(server, options.load, factor=2))
        check("key", lambda: check_key(options.program, bundle))
        check("beginning", lambda: check_beginning(options.program, bundle))
        check("readers", lambda: check_readers(options.program, bundle))
        check("farewell", lambda: check_farewell(options.program, bundle))
        check("overload", lambda: check_overload(options.program, bundle))
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
