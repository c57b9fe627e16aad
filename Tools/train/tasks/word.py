"""Word problems: a story about how many things somebody has, one calculation per thought, in the order of the story.

Numbers have up to four digits; products have one factor below ten and divisions a divisor below ten, as on paper.
Sentences that state other numbers do not matter for the question.
"""

import re
from random import Random

from .problem import Problem, answer_line, slip

NAME = "word"
FORCED = True  # whether there is one right thought in every place
LEVELS = (1, 2, 3, 4)
CALCULATIONS = {1: (2, 3), 2: (4, 5), 3: (6, 8), 4: (9, 11)}
LARGEST = 9999
NAMES = """
    Mia Tom Ana Leo Sara Ben Zoe Max Eva Sam Ivy Dan Lily Jack Nora Omar Ruth Paul Tara Hugo Yara Finn Kim Noah
""".split()
THINGS = """
    apples books marbles coins stickers pens cards shells cookies stamps beads eggs stones tickets buttons nails
""".split()
BOXES = """
    boxes bags packs jars trays baskets
""".split()
FINAL = 0
CALCULATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
TIMES = {2: "doubles", 3: "triples"}
GAIN = (
    "{a} buys {x} more {t}.",
    "{b} gives {a} {x} {t}.",
    "Then {a} finds {x} {t}.",
    "{a} wins {x} {t} at a fair.",
    "A parcel brings {a} another {x} {t}.",
    "Later {a} gets {x} {t} from an aunt.",
)
LOSS = (
    "{a} loses {x} {t}.",
    "{a} sells {x} of the {t}.",
    "{a} gives {x} {t} to a neighbour.",
    "{x} of the {t} are thrown away.",
    "{a} swaps {x} {t} for a toy.",
)
PACKED = (
    ("{a} buys {k} {o} with {x} {t} each.", "The {o} hold"),
    ("{k} {o} of {x} {t} each arrive for {a}.", "The {o} hold"),
    ("{k} friends each give {a} {x} {t}.", "The friends give"),
    ("{a} collects {x} {t} on each of {k} days.", "The days bring"),
)
HANDED = (
    ("{a} gives {x} {t} to each of {k} children.", "The children get"),
    ("{a} fills {k} {o} with {x} {t} each and sells them.", "The {o} hold"),
)
SHARED = (
    "{a} shares the {t} equally among {k} people and keeps one share.",
    "{a} packs the {t} into {k} equal {o} and keeps one of them.",
)
ASIDE = (
    "{b} is {x} years old.",
    "{b} has {x} {u}.",
    "The shop has {x} {u}.",
    "{a} walks {x} steps to the shop.",
    "{b} buys {x} {u}.",
    "The {u} cost {x} coins.",
    "{a} also sees {x} {u}.",
)


class Story:
    """A story in the making: its sentences, its calculations, and what everybody has."""

    def __init__(self, random: Random, calculations: int) -> None:
        self.random, self.open = random, calculations
        self.scale = random.choices((99, 999, LARGEST), (0.4, 0.35, 0.25))[0]
        self.hero, self.friend = random.sample(NAMES, 2)
        self.thing, self.other = random.sample(THINGS, 2)
        self.have = self.amount(5)
        self.friend_has = self.amount(2) if random.random() < 0.35 else None
        self.sentences, self.thoughts = [self.fill("{a} has {x} {t}.", x=self.have)], []
        if self.friend_has is not None:
            self.sentences.append(self.fill("{b} has {x} {t}.", x=self.friend_has))
            self.open -= 1  # for the comparison at the end
        self.asides = random.random() < 0.6

    def amount(self, least: int, most: int | None = None) -> int:
        """A number of up to as many digits as this story has, small ones as likely as large ones."""
        most = max(least, min(most or self.scale, self.scale))
        return self.random.randint(least, max(least, most // self.random.choice((1, 1, 2, 5))))

    def fill(self, sentence: str, **values: object) -> str:
        return sentence.format(a=self.hero, b=self.friend, t=self.thing, u=self.other, **values)

    def calculate(self, before: str, x: int, operation: str, y: int, result: int) -> int:
        self.thoughts.append(f"{before} {x} {operation} {y} = {result} {self.thing}.")
        self.open -= 1
        return result

    def now(self, operation: str, y: int, result: int) -> None:
        self.have = self.calculate(f"{self.hero} now has", self.have, operation, y, result)

    def tell(self) -> None:
        """Adds events until no calculation is open, then what is asked."""
        while self.open:
            if self.asides and self.random.random() < 0.25:
                self.sentences.append(self.fill(self.random.choice(ASIDE), x=self.amount(2)))
            self.event()
        if self.friend_has is not None:
            self.open = 1
            self.compare()
        else:
            self.sentences.append(self.fill("How many {t} does {a} have now?"))

    def event(self) -> None:
        """One event among those that the numbers allow, and its calculations."""
        choices = [self.gain]
        if self.have > 4:
            choices.append(self.loss)
        if self.have * 2 <= LARGEST and self.have < 2 * self.scale:
            choices.append(self.multiply)
        if any(self.have % k == 0 and self.have >= 3 * k for k in range(2, 10)):
            choices += [self.divide] * (3 if self.have > self.scale else 2)
        if self.open > 1:
            choices += [self.packed, self.handed] if self.have > 30 else [self.packed]
            if self.friend_has is not None and self.have > 4:
                choices += [self.hand_over] * 2
        self.random.choice(choices)()

    def gain(self) -> None:
        x = self.amount(2, LARGEST - self.have)
        if self.have + x > LARGEST:
            return
        pattern = self.random.choice(GAIN if self.friend_has is None else GAIN[:1] + GAIN[2:])
        self.sentences.append(self.fill(pattern, x=x))
        self.now("+", x, self.have + x)

    def loss(self) -> None:
        x = self.amount(1, self.have - 1)
        self.sentences.append(self.fill(self.random.choice(LOSS), x=x))
        self.now("-", x, self.have - x)

    def multiply(self) -> None:
        k = self.random.randint(2, min(5, LARGEST // self.have))
        pattern = "{a} then {w} the number of {t}." if k in TIMES else "Soon {a} has {x} times as many {t}."
        self.sentences.append(self.fill(pattern, x=k, w=TIMES.get(k)))
        self.now("*", k, self.have * k)

    def divide(self) -> None:
        k = self.random.choice([k for k in range(2, 10) if self.have % k == 0 and self.have >= 3 * k])
        pattern = self.random.choice(SHARED)
        if k == 2 and self.friend_has is None:
            pattern = "{a} gives half of the {t} to {b}."
        self.sentences.append(self.fill(pattern, k=k, o=self.random.choice(BOXES)))
        self.now("/", k, self.have // k)

    def packed(self) -> None:
        k = self.random.randint(2, 9)
        x = self.amount(2, min(self.scale, LARGEST - self.have) // k)
        if self.have + k * x > LARGEST:
            return
        o, (sentence, before) = self.random.choice(BOXES), self.random.choice(PACKED)
        self.sentences.append(self.fill(sentence, k=k, x=x, o=o))
        self.calculate(before.format(o=o), k, "*", x, k * x)
        self.now("+", k * x, self.have + k * x)

    def handed(self) -> None:
        k = self.random.randint(2, 9)
        x = self.amount(2, (self.have - 1) // k)
        if k * x >= self.have:
            return
        o, (sentence, before) = self.random.choice(BOXES), self.random.choice(HANDED)
        self.sentences.append(self.fill(sentence, k=k, x=x, o=o))
        self.calculate(before.format(o=o), k, "*", x, k * x)
        self.now("-", k * x, self.have - k * x)

    def hand_over(self) -> None:
        """Things go from one to the other: both counts change."""
        x, gives = self.amount(1, self.have - 1), self.random.random() < 0.6
        if not gives and not 0 < x < self.friend_has:
            return
        self.sentences.append(self.fill("{a} gives {x} {t} to {b}." if gives else "{b} gives {a} {x} {t}.", x=x))
        sign = -1 if gives else 1
        self.now("-" if gives else "+", x, self.have + sign * x)
        self.friend_has = self.calculate(
            f"{self.friend} now has", self.friend_has, "+" if gives else "-", x, self.friend_has - sign * x
        )

    def compare(self) -> None:
        x, y = self.have, self.friend_has
        if x > y and self.random.random() < 0.4:
            self.sentences.append(self.fill("How many more {t} does {a} have than {b} now?"))
            self.have = self.calculate("The difference is", x, "-", y, x - y)
        else:
            self.sentences.append(self.fill("How many {t} do {a} and {b} have together now?"))
            self.have = self.calculate("Together they have", x, "+", y, x + y)


def generate(random: Random, level: int) -> Problem:
    """A story with as many calculations as the level asks for."""
    while True:
        story = Story(random, random.randint(*CALCULATIONS[level]))
        story.tell()
        if all(int(word) <= LARGEST for thought in story.thoughts for word in thought.split() if word.isdecimal()):
            break
    thoughts, answer = (*story.thoughts, answer_line(str(story.have))), str(story.have)
    key = "; ".join(re.sub(r"[^-+*/=0-9]", "", thought) for thought in story.thoughts)
    return Problem(NAME, level, " ".join(story.sentences), thoughts, answer, key, {"thoughts": list(thoughts)})


def check(problem: Problem, thoughts: list[str]) -> list[bool]:
    """For each thought whether it and all before it are the lines that the story asks for."""
    expected, good, verdicts = problem.fields["thoughts"], True, []
    for index, thought in enumerate(thoughts):
        good = good and index < len(expected) and thought == expected[index]
        verdicts.append(good)
    return verdicts


def states_left(problem: Problem, thoughts: list[str]) -> list[int]:
    """How many calculations are open after each thought; 0 after the last one."""
    return [max(0, len(problem.fields["thoughts"]) - 2 - index) for index in range(len(thoughts))]


def good_step(random: Random, problem: Problem, before: list[str]) -> str:
    """The line that follows."""
    return problem.thoughts[len(before)]


def honest(problem: Problem, before: list[str], line: str) -> str | None:
    """What a correct writer would have written instead of a line."""
    return problem.thoughts[len(before)] if len(before) < len(problem.thoughts) else None


def vary(random: Random, problem: Problem, before: list[str]) -> str:
    """A line that a weak writer could go on with: mostly wrong, in ways that take reading or arithmetic to see."""
    line = problem.thoughts[len(before)]
    match, kind = CALCULATION.search(line), random.random()
    if match is None:
        number = int(problem.answer)
        seen = [int(word) for word in re.findall(r"\d+", " ".join(before))]
        return answer_line(str(slip(random, number) if kind < 0.6 else random.choice(seen)))
    x, operation, y, result = int(match[1]), match[2], int(match[3]), int(match[4])
    if kind < 0.4:
        result = slip(random, result)
    elif kind < 0.6:
        y = random.choice([int(word) for word in re.findall(r"\d+", problem.question + " ".join(before))])
        result = _result(x, operation, y)
    elif kind < 0.75:
        operation = random.choice("+-*/")
        result = _result(x, operation, y)
    elif kind < 0.85:
        x = slip(random, x) if random.random() < 0.5 else random.choice(re.findall(r"\d+", problem.question))
        result = _result(int(x), operation, y)
    elif kind < 0.95:
        return random.choice([*problem.thoughts[len(before) + 1 :], *before[-1:]])
    else:
        return answer_line(re.findall(r"= (\d+)", before[-1])[0] if before else str(x))
    return f"{line[: match.start()]}{x} {operation} {y} = {result}{line[match.end() :]}"


def _result(x: int, operation: str, y: int) -> int:
    results = {"+": x + y, "-": abs(x - y), "*": x * y, "/": x // max(1, y)}
    return min(results[operation], LARGEST)
