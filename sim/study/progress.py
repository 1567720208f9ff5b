"""How far a study is, and how long it still takes as measured: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.rules.language import punctuated
from sim.rules.sentences import Sentence, Words, spoken
from sim.rules.words import lasting
from sim.study.terminal import tell

if TYPE_CHECKING:
    from tqdm import tqdm

SECONDS_UNTIL_SURE = 15.0
"""After so long it is said if a machine is much slower than expected."""

MUCH_SLOWER = 1.5

SECONDS_OF_DOUBT = 1.0
"""What was expected counts as much as so many seconds that were measured."""

SECONDS_BETWEEN_LINES, SHARE_BETWEEN_LINES, MOST_SECONDS = 30.0, 0.1, 600.0
"""Between two lines pass so many seconds, and so much is done, or many seconds pass."""


class Progress:
    """What a study is doing, stage by stage, how long that was expected to take and how long it takes as measured.

    Args:
        shown: Whether to show anything.
        expected: Seconds that its stages are expected to take.
    """

    def __init__(self, shown: bool = False, expected: Sequence[float] = ()) -> None:
        self._shown = shown and sys.stderr is not None and not getattr(sys.stderr, "closed", False)
        self._passed, self._ahead = 0.0, [*expected]  # seconds expected of stages that are over, and of the others
        self._done = 0.0  # of the stage
        self._took = self._counted = SECONDS_OF_DOUBT
        self._doing: Words = None
        self._note: Words = None
        self._start = self._stage_start = self._counted_at = time.monotonic()
        self._told_at, self._told, self._warned = 0.0, 0.0, False
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Progress:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    @property
    def slower(self) -> float:
        """How many times longer it takes than expected, as far as is known."""
        return self._took / self._counted

    @property
    def share(self) -> float:
        """Share of all that is done, as it was expected."""
        return min((self._passed + self._done) / max(self._passed + sum(self._ahead), 1e-9), 1.0)

    @property
    def left(self) -> float:
        """Seconds that it still takes."""
        return max(0.0, self._stage_start + self.slower * sum(self._ahead) - time.monotonic())

    def begin(self, doing: Words) -> None:
        """Begin the next stage, ``simulating``, or go on with it."""
        if self._doing == doing:
            return
        if self._doing:
            self._passed += self._ahead.pop(0) if self._ahead else 0.0
            self._took, self._counted = SECONDS_OF_DOUBT * self.slower, SECONDS_OF_DOUBT
        self._doing, self._done = doing, 0.0
        self._stage_start = self._counted_at = time.monotonic()
        self._show(at_once=True)

    def advance(self, work: float) -> None:
        """Take note that a part of the stage's work is done, which took all the time since it was told before.

        Args:
            work: Seconds that it was expected to take.
        """
        now = time.monotonic()
        self._took += now - self._counted_at
        self._counted += work
        self._counted_at = now
        self._done += work
        self._show()

    def lose(self, work: float) -> None:
        """Take back a part of the stage's work that was lost before it was finished.

        Args:
            work: Seconds that it was expected to take.
        """
        self._done -= work

    def note(self, words: Words) -> None:
        """Show words beside how far it is."""
        self._note = Sentence(", {note}", note=words)
        self._show(at_once=True)

    def tell(self, words: Words) -> None:
        """Show a line of words at once."""
        if self._shown:
            self._line(words)

    def _show(self, at_once: bool = False) -> None:
        if not self._shown:
            return
        gone = time.monotonic() - self._start
        if not self._warned and gone >= SECONDS_UNTIL_SURE <= self.left and self.slower >= MUCH_SLOWER:
            self._warned = True
            self._line(
                Sentence(
                    "This machine is about {slower} times slower than expected: about {time} in all.",
                    slower=punctuated(f"{self.slower:,.{self.slower < 10:d}f}"), time=lasting(gone + self.left),
                )
            )  # fmt: skip
        if getattr(sys.stderr, "isatty", bool)():
            self._on_terminal(at_once)
            return
        silent, more = gone - self._told_at, self.share - self._told
        if silent >= SECONDS_BETWEEN_LINES and (more >= SHARE_BETWEEN_LINES or silent >= MOST_SECONDS):
            self._told_at, self._told = gone, self.share
            self._line(
                Sentence(
                    "{doing}: {share}% after {time}, {rest}",
                    doing=self._doing, share=f"{100 * self.share:.0f}", time=lasting(gone), rest=self._rest,
                )
            )  # fmt: skip

    @property
    def _rest(self) -> Sentence:
        return Sentence("about {time} left{note}", time=lasting(self.left), note=self._note)

    def _on_terminal(self, at_once: bool) -> None:
        from tqdm import tqdm

        if self._bar is None:
            so_far = spoken(Sentence("{elapsed} so far", elapsed="{elapsed}"))
            looks = f"{{desc}} {{percentage:3.0f}}%|{{bar}}| {so_far}{{postfix}}"
            self._bar = tqdm(total=1.0, bar_format=looks, file=sys.stderr, leave=False, miniters=0, delay=1e-9)
        self._bar.set_description_str(spoken(self._doing), refresh=False)
        self._bar.set_postfix_str(spoken(self._rest), refresh=False)
        self._bar.update(self.share - self._bar.n)
        if at_once:
            self._bar.refresh()

    def _line(self, words: Words) -> None:
        if self._bar is not None:
            self._bar.clear()
        tell(words)
        if self._bar is not None:
            self._bar.refresh()
