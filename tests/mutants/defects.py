"""The defects: a snippet of the source, what stands in its place, and the tests that shall find out."""

from __future__ import annotations

from dataclasses import dataclass

EVERY_LAYER = "tests/test_every_layer.py"
EXPAND = "tests/network/test_expand.py"
IN_PLACE = "tests/network/test_inplace.py"
KEPT = "tests/layers/test_kept.py"
EXPRESSION = "tests/syntax/test_expression.py"
REACH = "tests/network/test_reach.py"


@dataclass(frozen=True)
class Defect:
    """``old`` stands in ``file`` exactly once; ``only`` chooses among the tests, as pytest's -k does."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    only: str = ""


def layer(name: str, file: str, old: str, new: str, types: str) -> Defect:
    """A defect of a layer's rule, which the layers' own tests find."""
    return Defect(name, f"layers/{file}.py", old, new, EVERY_LAYER, types)


DEFECTS = (
    layer("off by one", "window", "else 1)\n", "else 2)\n", "Conv1d"),
    layer("no off by one where it belongs", "window", "self.dilation * (self.kernel - 1) + 1\n",
          "self.dilation * (self.kernel - 1)\n", "Conv1d"),
    layer("floor for ceil", "window", "-(-room // self.stride) if self.ceil", "room // self.stride if self.ceil",
          "MaxPool1d"),
    layer("ceil for floor", "window", "else room // self.stride", "else -(-room // self.stride)", "Conv1d"),
    layer("ceil mode keeps a window in the padding", "window", "return self.ceil and self._steps",
          "return False and self._steps", "MaxPool1d"),
    layer("ceil mode forgets the padding before", "window", ">= size + self.before", ">= size", "MaxPool2d"),
    layer("padding on one side", "window", "room = size + self.before + self.after", "room = size + self.before",
          "Conv1d"),
    layer("dilation forgotten", "conv", "Window(k, s, *pads, d)", "Window(k, s, *pads, 1)", "Conv2d"),
    layer("dilation forgotten in a pool", "pool", "Window(k, s, p, p, d, ceil)", "Window(k, s, p, p, 1, ceil)",
          "MaxPool2d"),
    layer("output padding forgotten", "window", " + self.output_padding + 1\n", " + 1\n", "ConvTranspose2d"),
    layer("transposed stride from the size", "window", "(size - 1) * self.stride - 2", "size * self.stride - 2",
          "ConvTranspose2d"),
    layer("transposed padding once", "window", "- 2 * self.padding +", "- self.padding +", "ConvTranspose2d"),
    layer("output padding may reach the stride", "conv", "max(window.stride, window.dilation) - 1",
          "max(window.stride, window.dilation)", "ConvTranspose2d"),
    layer("groups of the weight forgotten", "conv", "(self.out_channels, x[0] // self.groups, *self.kernel)",
          "(self.out_channels, x[0], *self.kernel)", "Conv2d"),
    layer("groups need not divide the input", "conv",
          '        self.check_divides("groups", x[0], "input channel", (0,), also=self.out_channels)\n', "", "Conv2d"),
    layer("groups need not divide the output", "conv",
          '        self.check_divides("groups", self.out_channels, "output channel", also=x[0])\n', "", "Conv2d"),
    layer("transposed weight the wrong way round", "conv", "(x[0], self.out_channels // self.groups, *self.kernel)",
          "(self.out_channels, x[0] // self.groups, *self.kernel)", "ConvTranspose2d"),
    layer("same padding with a stride", "conv", "        self.check_same()\n", "", "Conv1d"),
    layer("reflection up to the size itself", "conv", '{"reflect": 1, "circular": 0}', '{"reflect": 0, "circular": 0}',
          "Conv1d"),
    layer("bias forgotten", "conv", 'return weight | {"bias": Tensor((self.out_channels,))} if self.bias else weight',
          "return weight", "Conv1d"),
    layer("MACs over the input", "conv", "return prod(self.weight_shape(x)) * prod(y.sizes)",
          "return prod(self.weight_shape(x)) * prod(x.sizes)", "Conv2d"),
    layer("padding of a pool unchecked", "pool", "        self.check_padding()\n", "", "MaxPool2d"),
    layer("more than half of a kernel as padding", "pool", "kernel // 2 for kernel", "kernel for kernel", "AvgPool2d"),
    layer("a pool's stride is 1 by default", "pool", "self.kernel_size if self.stride is None",
          "1 if self.stride is None",
          "AvgPool1d"),
    layer("windows of padding alone", "pool", "        self.check_sight(x)\n", "", "MaxPool1d or policies"),
    layer("a volume's window may exceed it", "pool", "        self.check_kernel(x)\n", "", "AvgPool3d"),
    layer("adaptive size along the wrong axis", "pool", "each(self.output_size, 2), x.sizes",
          "each(self.output_size, 2)[::-1], x.sizes", "AdaptiveAvgPool2d"),
    layer("shuffle divides by r", "resize", "Shape((x[0] // r**2, x[1] * r", "Shape((x[0] // r, x[1] * r",
          "PixelShuffle"),
    layer("shuffle checks r only", "resize", "if x[0] % r**2:", "if x[0] % r:", "PixelShuffle"),
    layer("unshuffle along the wrong axis", "resize", "(x[0] * r**2, x[1] // r, x[2] // r)",
          "(x[0] * r**2, x[2] // r, x[1] // r)", "PixelUnshuffle"),
    layer("columns for rows in padding", "padding", "x[1] + pads[2] + pads[3], x[2] + pads[0] + pads[1]",
          "x[1] + pads[0] + pads[1], x[2] + pads[2] + pads[3]", "ZeroPad2d"),
    layer("reflection of the size itself", "padding", "if max(before, after) >= size:", "if max(before, after) > size:",
          "ReflectionPad2d"),
    layer("joins broadcast anything", "join", "                self.unequal(xs, dim)\n", "                pass\n",
          "Add"),
    layer("joins broadcast nothing", "join", "(x[dim] - size) * (x[dim] - 1) * (size - 1)", "x[dim] - size",
          "Multiply"),
    layer("Concat on the wrong dimension", "join", "Shape((sum(x[0] for x in xs), *xs[0].sizes))",
          "Shape((xs[0][0], *xs[0].sizes[:-1], sum(x[-1] for x in xs)))", "Concat"),
    layer("Concat of unequal sizes", "join", "if x.sizes != xs[0].sizes:", "if len(x) != len(xs[0]):", "Concat"),
    layer("a slice past the end", "join", "if end > x[0]:", "if end > x[0] + 1:", "Slice or policies"),
    layer("a slice of one more", "join", "Shape((end - self.start, *x.sizes))",
          "Shape((end - self.start + 1, *x.sizes))",
          "Slice"),
    layer("Flatten drops a dimension", "reshape", "prod(x[first - 1 : last])", "prod(x[first : last])", "Flatten"),
    layer("Unflatten that does not fill", "reshape", "if size % stated or (", "if (", "Unflatten"),
    layer("dimensions counted without the batch", "along", "return dim % (len(x) + 1)", "return dim % len(x)", "GLU"),
    layer("the batch may be mixed", "along", "    if dim == 0:\n", "    if dim == -9:\n", "Softmax or policies"),
    layer("GLU of an odd number", "activation", "if x[dim] % 2:", "if False:", "GLU"),
    layer("PReLU for any channels", "activation", "not in (1, x[0])", "not in (1, x[0], 2)", "PReLU"),
    layer("num_groups unchecked", "norm", '        self.check_divides("num_groups", x[0], "channel", (0,))\n', "",
          "GroupNorm"),
    layer("groups of one value", "norm", "if x.elements == self.num_groups:", "if False:", "GroupNorm"),
    layer("one value to normalise", "norm", "if x[1] * x[2] == 1:", "if x[1] * x[2] == 0:", "InstanceNorm2d"),
    layer("running statistics forgotten", "norm", "(running_statistics(x[0]) if self.track_running_stats else {})",
          "{}",
          "BatchNorm2d"),
    layer("in-place slopes", "activation", "if layer.inplace and getattr(layer, name) < 0:", "if False:", "ELU"),
    layer("features of the wrong dimension", "linear", 'return {"in_features": x[-1]}', 'return {"in_features": x[0]}',
          "Linear"),
    Defect("Sigmoid keeps nothing", "layers/activation.py",
           '"""1/(1 + exp(−x)), from 0 to 1."""\n\n    keeps = ITS_OUTPUT', '"""1/(1 + exp(−x)), from 0 to 1."""\n',
           KEPT, "Sigmoid"),
    Defect("Flatten copies", "layers/reshape.py", "return range(x.elements)", "return None", KEPT, "Flatten"),
    Defect("gradients that need an output", "network/inplace.py",
           "            yield from _needed_by_gradient(nodes, parts, writers, outputs)\n", "            pass\n",
           IN_PLACE),
    Defect("readers of what was overwritten", "network/inplace.py",
           "        yield from _read_after(nodes, there, parts, writers, outputs)\n", "", IN_PLACE),
    Defect("parts that only touch", "network/inplace.py", "self.first < other.end and", "self.first <= other.end and",
           IN_PLACE),
    Defect("in evaluation, too", "network/inplace.py", "for training in (True, False):", "for training in (True,):",
           IN_PLACE),
    Defect("two ids of one name", "network/names.py", "    if first is not None:\n", "    if False:\n",
           "tests/test_mistakes.py", "id-used-twice"),
    Defect("positions that skip lines with an id", "network/names.py", "        scope.count(item)\n", "        pass\n",
           EXPAND),
    Defect("index counts from 1", "network/loops.py", 'names = {"index": index}',
           'names = {"index": index + 1}',
           EXPAND),
    Defect("lists of unequal lengths", "network/loops.py", "if len({len(values) for values in lists.values()}) > 1:",
           "if False:", "tests/test_mistakes.py", "foreach"),
    Defect("an index past the end", "syntax/evaluate.py", "<= index < len(items)", "<= index <= len(items)",
           EXPRESSION),
    Defect("division by zero", "syntax/evaluate.py", 'in ("/", "//", "%") and right == 0',
           'in ("/", "%") and right == 0', EXPRESSION),
    Defect("the width for the height", "layers/shape.py", "self[-2] if len(self) > 2", "self[-1] if len(self) > 2",
           EXPAND + " tests/fuzz/test_fuzz.py tests/layers/test_base.py"),
    Defect("a receptive field too wide", "layers/window.py", "return range(first, first + self.extent, self.dilation)",
           "return range(first, first + self.extent + 1, self.dilation)", REACH),
    Defect("a receptive field that starts too late", "layers/window.py", "first = place * self.stride - self.before",
           "first = place * self.stride", REACH),
)  # fmt: skip
