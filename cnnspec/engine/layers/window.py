"""The one window formula, along one dimension: convolutions, pools and receptive fields all use it."""

from __future__ import annotations

from math import gcd

from msgspec import Struct


class Window(Struct, frozen=True):
    """A kernel that slides along one dimension, as torch.nn defines it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (Shape) and MaxPool2d's ceil_mode.
    """

    kernel: int
    stride: int = 1
    before: int = 0  # padding ahead of the first value
    after: int = 0
    dilation: int = 1
    ceil: bool = False

    @property
    def extent(self) -> int:
        """How many values of the padded input one position covers, from its first to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def period(self) -> tuple[int, int]:
        """One position further, the window reads ``stride`` values further on."""
        return 1, self.stride

    def reads(self, place: int) -> range:
        """The values under the window at a position, padding included."""
        first = place * self.stride - self.before
        return range(first, first + self.extent, self.dilation)

    def positions(self, size: int) -> int:
        """Output size for an input of ``size`` values; 0 or less where the window does not fit."""
        return self._steps(size) + (0 if self._leaves_out_last(size) else 1)

    def _steps(self, size: int) -> int:
        """From the first position to the last; in ceil mode, the last may reach over the end."""
        room = size + self.before + self.after - self.extent
        return -(-room // self.stride) if self.ceil else room // self.stride

    def _leaves_out_last(self, size: int) -> bool:
        """In ceil mode, a window that would start in the padding behind the input is left out."""
        return self.ceil and self._steps(size) * self.stride >= size + self.before

    def sees_nothing(self, size: int) -> bool:
        """Whether a window that starts in the padding steps over the whole input: only a dilated one can."""
        return -self.before % self.dilation >= size

    def formula(self, size: int) -> str:
        """The arithmetic of ``positions`` as a message shows it."""
        pads = f"2·{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        inner = f"({size} + {pads} − {self.dilation}·({self.kernel} − 1) − 1) / {self.stride}"
        last = " − 1" if self._leaves_out_last(size) else ""
        return f"{'ceil' if self.ceil else 'floor'}({inner}) + 1{last} = {self.positions(size)}".replace("= -", "= −")


class Unwindow(Struct, frozen=True):
    """The reverse of a window: a transposed convolution along one dimension."""

    kernel: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0
    dilation: int = 1

    @property
    def period(self) -> tuple[int, int]:
        """``stride`` places further, the values that reach it lie one further on."""
        return self.stride, 1

    def reads(self, place: int) -> range:
        """The values whose window reaches a place: those ``i`` where place + padding = stride·i + dilation·k."""
        at, by = place + self.padding, gcd(self.stride, self.dilation)
        step = self.dilation // by
        first = -(-(at - self.dilation * (self.kernel - 1)) // self.stride)
        if at % by:
            return range(0)
        wanted = at // by * pow(self.stride // by, -1, step)  # stride·i = at, but for whole dilations
        return range(first + (wanted - first) % step, at // self.stride + 1, step)

    def positions(self, size: int) -> int:
        """Output size for an input of ``size`` values."""
        return (size - 1) * self.stride - 2 * self.padding + self.dilation * (self.kernel - 1) + self.output_padding + 1

    def formula(self, size: int) -> str:
        """The arithmetic of ``positions`` as a message shows it."""
        steps = f"({size} − 1)·{self.stride} − 2·{self.padding} + {self.dilation}·({self.kernel} − 1)"
        return f"{steps} + {self.output_padding} + 1 = {self.positions(size)}".replace("= -", "= −")
