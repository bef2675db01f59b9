"""torchvision.transforms.v2's transforms that make one image of another, as data.

They see uint8 pixels, each image by itself, and the training images alone. Scaling and normalising are done for every
network anyway, so their transforms are left out.
"""

from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import Field, model_validator

from cnnspec.engine.recipe.operation import (
    Count,
    NonNegativeNumber,
    Number,
    Operation,
    Positive,
    PositiveNumber,
    Probability,
    family,
)

Sizes = Positive | tuple[Positive, Positive]
Padding = Count | tuple[Count, Count] | None
Range = tuple[Number, Number]
PositiveRange = tuple[PositiveNumber, PositiveNumber]
Byte = Annotated[int, Field(ge=0, le=255)]
Interpolation = Literal["nearest", "bilinear"]
PaddingMode = Literal["constant", "edge", "reflect", "symmetric"]
Angle = Annotated[float, Field(ge=0, le=360)]
Unit = tuple[Probability, Probability]
Jitter = NonNegativeNumber | tuple[NonNegativeNumber, NonNegativeNumber] | None
Hue = Annotated[float, Field(ge=0, le=0.5)]
AnyTransform = TypeVar("AnyTransform", bound="Transform")


class Transform(Operation):
    """Makes an image of another."""

    module: ClassVar[str] = "torchvision.transforms.v2"


class _Cropping(Transform):
    size: Sizes


class RandomCrop(_Cropping):
    """A part of an image, which may be padded first."""

    padding: Padding = None
    pad_if_needed: bool = False
    fill: Byte = 0
    padding_mode: PaddingMode = "constant"


class CenterCrop(_Cropping):
    """The middle of an image."""


class RandomResizedCrop(_Cropping):
    """A part of an image, resized."""

    scale: PositiveRange = (0.08, 1.0)
    ratio: PositiveRange = (3 / 4, 4 / 3)
    interpolation: Interpolation = "bilinear"

    @model_validator(mode="after")
    def _rises(self) -> Self:
        return _rising(self, "scale", "ratio")


class Resize(_Cropping):
    """An image in another size."""

    interpolation: Interpolation = "bilinear"


class Pad(Transform):
    """An image with a border."""

    padding: Count | tuple[Count, Count]
    fill: Byte = 0
    padding_mode: PaddingMode = "constant"


class _Chance(Transform):
    p: Probability = 0.5


class RandomHorizontalFlip(_Chance):
    """Left and right exchanged."""


class RandomVerticalFlip(_Chance):
    """Above and below exchanged."""


class RandomInvert(_Chance):
    """Black for white."""


class RandomEqualize(_Chance):
    """Grey levels spread evenly."""


class RandomAutocontrast(_Chance):
    """Grey levels stretched to black and white."""


class RandomPosterize(_Chance):
    """Fewer bits for each pixel."""

    bits: Annotated[int, Field(ge=0, le=8)]


class RandomSolarize(_Chance):
    """Pixels above a threshold inverted."""

    threshold: Annotated[float, Field(ge=0, le=255)]


class RandomAdjustSharpness(_Chance):
    """Blurred (0), as it was (1) or sharper."""

    sharpness_factor: NonNegativeNumber


class RandomGrayscale(_Chance):
    """Grey in all channels."""

    p: Probability = 0.1


class RandomErasing(_Chance):
    """A rectangle painted over."""

    scale: Unit = (0.02, 0.33)
    ratio: PositiveRange = (0.3, 3.3)
    value: Annotated[float, Field(ge=0, le=255)] = 0.0

    @model_validator(mode="after")
    def _rises(self) -> Self:
        return _rising(self, "scale", "ratio")


class RandomPerspective(_Chance):
    """Seen from aside."""

    distortion_scale: Probability = 0.5
    interpolation: Interpolation = "bilinear"
    fill: Byte = 0


class RandomRotation(Transform):
    """Turned by up to so many `degrees`, or by some between two numbers."""

    degrees: Angle | Range
    interpolation: Interpolation = "nearest"
    expand: bool = False
    fill: Byte = 0

    @model_validator(mode="after")
    def _rises(self) -> Self:
        return _rising(self, "degrees")


class RandomAffine(Transform):
    """Turned, moved by a share of its size, scaled and sheared."""

    degrees: Angle | Range
    translate: Unit | None = None
    scale: PositiveRange | None = None
    shear: Angle | Range | None = None
    interpolation: Interpolation = "nearest"
    fill: Byte = 0

    @model_validator(mode="after")
    def _rises(self) -> Self:
        return _rising(self, "degrees", "scale", "shear")


class ElasticTransform(Transform):
    """Bent at every place a little, as ink on rubber."""

    alpha: NonNegativeNumber = 50.0
    sigma: PositiveNumber = 5.0
    interpolation: Interpolation = "bilinear"
    fill: Byte = 0


class GaussianBlur(Transform):
    """Blurred."""

    kernel_size: Positive
    sigma: PositiveNumber | PositiveRange = (0.1, 2.0)

    @model_validator(mode="after")
    def _is_odd(self) -> Self:
        if self.kernel_size % 2 == 0:
            raise ValueError("`kernel_size` is odd")
        return _rising(self, "sigma")


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed."""

    brightness: Jitter = None
    contrast: Jitter = None
    saturation: Jitter = None
    hue: Hue | Annotated[tuple[Number, Number], "from -0.5 to 0.5"] | None = None

    @model_validator(mode="after")
    def _is_hue(self) -> Self:
        if isinstance(self.hue, tuple) and not -0.5 <= self.hue[0] <= self.hue[1] <= 0.5:
            raise ValueError("`hue` rises between -0.5 and 0.5")
        return _rising(self, "brightness", "contrast", "saturation")


class AutoAugment(Transform):
    """The operations that were found best for a data set (arXiv:1805.09501)."""

    policy: Literal["imagenet", "cifar10", "svhn"] = "imagenet"
    interpolation: Interpolation = "nearest"


class RandAugment(Transform):
    """So many operations, drawn anew each time (arXiv:1909.13719)."""

    num_ops: Count = 2
    magnitude: Count = 9
    num_magnitude_bins: Positive = 31
    interpolation: Interpolation = "nearest"

    @model_validator(mode="after")
    def _has_the_bin(self) -> Self:
        if self.magnitude >= self.num_magnitude_bins:
            raise ValueError("`magnitude` is less than `num_magnitude_bins`")
        return self


class TrivialAugmentWide(Transform):
    """One operation of any strength (arXiv:2103.10158)."""

    num_magnitude_bins: Positive = 31
    interpolation: Interpolation = "nearest"


class AugMix(Transform):
    """Several chains of operations, mixed (arXiv:1912.02781)."""

    severity: Annotated[int, Field(ge=1, le=10)] = 3
    mixture_width: Positive = 3
    chain_depth: Annotated[int, Field(ge=-1, le=100)] = -1
    alpha: PositiveNumber = 1.0
    all_ops: bool = True
    interpolation: Interpolation = "bilinear"


def _rising(transform: AnyTransform, *names: str) -> AnyTransform:
    """Refuses pairs whose second number is the smaller one."""
    for name in names:
        value = getattr(transform, name)
        if isinstance(value, tuple) and value[0] > value[1]:
            raise ValueError(f"`{name}` is a smaller number and a larger one")
    return transform


TRANSFORMS = family(Transform)
DONE_ANYWAY = ("Normalize", "ToTensor", "ToImage", "ToDtype", "ConvertImageDtype", "PILToTensor", "ToPILImage")
