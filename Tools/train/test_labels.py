"""What reward models learn within a thought; runs with Python alone: `python3 -m unittest discover Tools/train`."""

import unittest

import labels
from labels import IGNORED


class LabelTests(unittest.TestCase):
    """Tokens are characters here."""

    def of(self, kind: str, thought: str, right: str | None, good: bool, **more: bool) -> list[str]:
        """Labels as text, `.` where there is nothing to learn."""
        known = None if right is None else [ord(letter) for letter in right]
        learned = getattr(labels, kind)([ord(letter) for letter in thought], known, good, ord("="), **more)
        self.assertEqual({len(column) for column in learned}, {len(thought)})
        return ["".join("." if x == IGNORED else str(x) if x < 2 else chr(x) for x in column) for column in learned]

    def test_a_good_thought_is_written_and_right(self) -> None:
        self.assertEqual(self.of("of_thought", "1+2=3;", None, True, forced=False), ["1+2=3;", "111111", "....3;"])
        self.assertEqual(self.of("of_thought", "1+2=3;", None, True, forced=True), ["1+2=3;", "111111", "1+2=3;"])

    def test_a_wrong_result_is_bad_from_the_wrong_digit_on_which_is_told(self) -> None:
        self.assertEqual(
            self.of("of_thought", "9+9=17;", "9+9=18;", False, forced=False), ["....18.", "1111100", "....18."]
        )
        self.assertEqual(
            self.of("of_thought", "9+8=17;", "9+9=18;", False, forced=True), ["9+9....", "1100000", "9+9...."]
        )

    def test_a_choice_that_leads_nowhere_is_bad_once_it_is_made(self) -> None:
        self.assertEqual(self.of("of_thought", "1+2=3;", None, False, forced=False), ["......", "...000", "......"])
        self.assertEqual(self.of("of_thought", "12;", None, False, forced=False), ["...", "...", "..."])

    def test_nothing_can_stand_behind_a_bad_thought(self) -> None:
        self.assertEqual(self.of("of_thought", "1+2=3;", "", False, forced=True), ["......", "000000", "......"])

    def test_a_thought_that_stops_early_is_as_long_as_it_is(self) -> None:
        self.assertEqual(self.of("of_thought", "1+2=1", "1+2=12;", False, forced=False), ["....1", "11111", "....1"])

    def test_in_a_drill_only_results_are_learned(self) -> None:
        self.assertEqual(self.of("of_drill", "1+2=3;", None, True), ["....3;", "....11", "....3;"])
        self.assertEqual(self.of("of_drill", "1+2=4;", "1+2=3;", False), ["....3.", "....00", "....3."])


if __name__ == "__main__":
    unittest.main()
