"""The data sets that are known: their files with sizes and hashes, where these lie and come from, their classes.

    IdxSet      mnist, fashion-mnist    four IDX files, each gzipped by itself
    CifarSet    cifar10, cifar100       files of records, in one tar.gz

The hashes are SHA-256. Those of the files as they are distributed were compared over several public mirrors and
packages that pin them; those of MNIST's unpacked files were taken from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file by its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class IdxFile:
    """An IDX file, called as it is unpacked: what is known of it as it is distributed, and of its unpacked bytes.

    Nothing is known of what is None.
    """

    name: str
    packed: File | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class IdxSet:
    """A data set of four IDX files: images and labels to train on, images and labels to test on."""

    name: str
    torchvision: str  # the class of torchvision, whose folder is looked into
    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]
    mirrors: tuple[str, ...]
    classes: tuple[str, ...]

    def folders(self, base: Path) -> tuple[Path, ...]:
        """Where its files may lie below a data folder, in the order in which to look."""
        return (base, base / self.name, base / self.torchvision / "raw")

    @property
    def downloads(self) -> tuple[File, ...]:
        """The files that a download fetches."""
        return tuple(file.packed for file in self.files if file.packed)


@dataclass(frozen=True, slots=True)
class CifarSet:
    """A data set of files of records, each one or two labels (the last one counts) and an image of 3×32×32."""

    name: str
    archive: File
    folder: str  # in the archive, and where the archive was unpacked
    pickled: tuple[str, str]  # the same images as pickles, in an archive and unpacked: not read, but often there
    train: tuple[File, ...]
    test: tuple[File, ...]
    label_bounds: tuple[int, ...]
    mirrors: tuple[str, ...]
    classes: tuple[str, ...]

    def folders(self, base: Path) -> tuple[Path, ...]:
        """Where its archive, or the folder that it unpacks to, may lie below a data folder."""
        return (base, base / self.name)

    @property
    def downloads(self) -> tuple[File, ...]:
        """The file that a download fetches."""
        return (self.archive,)


NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def _packed(name: str, size: int, sha256: str, unpacked: str | None = None) -> IdxFile:
    return IdxFile(name, File(f"{name}.gz", size, sha256), unpacked)


MNIST = IdxSet(
    "mnist",
    "MNIST",
    (
        _packed(
            NAMES[0],
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        _packed(
            NAMES[1],
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        _packed(
            NAMES[2],
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        _packed(
            NAMES[3],
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    tuple("0123456789"),
)
FASHION_MNIST = IdxSet(
    "fashion-mnist",
    "FashionMNIST",
    (
        _packed(NAMES[0], 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        _packed(NAMES[1], 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        _packed(NAMES[2], 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        _packed(NAMES[3], 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
IMAGE = 3 * 32 * 32
CIFAR10 = CifarSet(
    "cifar10",
    File("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    "cifar-10-batches-bin",
    ("cifar-10-python.tar.gz", "cifar-10-batches-py"),
    tuple(
        File(f"data_batch_{number}.bin", 10_000 * (1 + IMAGE), sha256)
        for number, sha256 in enumerate(
            (
                "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            ),
            1,
        )
    ),
    (
        File(
            "test_batch.bin",
            10_000 * (1 + IMAGE),
            "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
        ),
    ),
    (10,),
    ("https://www.cs.toronto.edu/~kriz/",),
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)
CIFAR100_CLASSES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CIFAR100 = CifarSet(
    "cifar100",
    File("cifar-100-binary.tar.gz", 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
    "cifar-100-binary",
    ("cifar-100-python.tar.gz", "cifar-100-python"),
    (File("train.bin", 50_000 * (2 + IMAGE), "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"),),
    (File("test.bin", 10_000 * (2 + IMAGE), "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"),),
    (20, 100),
    ("https://www.cs.toronto.edu/~kriz/",),
    tuple(CIFAR100_CLASSES.split()),
)
KnownSet = IdxSet | CifarSet
KNOWN: dict[str, KnownSet] = {each.name: each for each in (MNIST, FASHION_MNIST, CIFAR10, CIFAR100)}
